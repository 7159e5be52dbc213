/** The two doors of the admin API: control.sock for whoever owns the data, a loopback port for whoever has a token. */
import type { FastifyInstance } from 'fastify'
import { adminApp } from '../admin/app.js'
import { claimControlPath, protectControlSocket, releaseControlPath } from '../admin/control.js'
import type { AdminServices } from '../admin/route.js'
import type { Clock } from '../core/clock.js'
import type { Config, ListenerConfig, TcpListenerConfig } from '../core/config.js'
import { isLoopback } from '../core/ip-network.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { reasonOf, StartupError } from './errors.js'
import { at, type BoundListener, cannotListen } from './listeners.js'

export interface AdminServers {
  /** Path of the control socket. */
  readonly control: string
  readonly listeners: readonly BoundListener[]
  /** Lets requests that run come to their end, for a few seconds. */
  close(): Promise<void>
}

/** Only for the holder of the folder's lock. @throws StartupError */
export async function startAdminServers(
  config: Config,
  services: AdminServices,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<AdminServers> {
  const apps: FastifyInstance[] = []
  const close = async (): Promise<void> => {
    const cancel = clock.after(serverLimits.destroyedGrace, () => {
      for (const { server } of apps) server.closeAllConnections()
    })
    await Promise.all(apps.map((app) => app.close()))
    cancel()
    await releaseControlPath(config.dataDir)
  }
  try {
    const control = await openControl(config.dataDir, tracked(apps, adminApp(services, { guarded: false, log })))
    const listeners: BoundListener[] = []
    for (const listener of config.listeners.filter(isAdmin))
      listeners.push(await openPort(listener, tracked(apps, adminApp(services, { guarded: true, log }))))
    return { control, listeners, close }
  } catch (error) {
    await close()
    throw error
  }
}

const isAdmin = (config: ListenerConfig): config is TcpListenerConfig =>
  config.service === 'admin' && config.kind === 'tcp'

/** What is opened later is closed even if something between fails. */
function tracked(apps: FastifyInstance[], app: FastifyInstance): FastifyInstance {
  apps.push(app)
  return app
}

async function openControl(dataDir: string, app: FastifyInstance): Promise<string> {
  try {
    const path = await claimControlPath(dataDir)
    await app.listen({ path })
    await protectControlSocket(path)
    return path
  } catch (error) {
    throw new StartupError(`cannot make the control socket of ${dataDir}: ${reasonOf(error)}`, error)
  }
}

/** The token would travel in clear, so it does not leave the machine. */
async function openPort(config: TcpListenerConfig, app: FastifyInstance): Promise<BoundListener> {
  const { service, address, port } = config
  if (!isLoopback(address))
    throw new StartupError(`the admin listener ${at(address, port)} is not on a loopback address such as 127.0.0.1`)
  app.server.maxConnections = config.maxConnections
  let connections = 0
  app.server.on('connection', (socket) => {
    connections++
    socket.once('close', () => connections--)
  })
  try {
    await app.listen({ host: address, port })
  } catch (error) {
    throw cannotListen(config, error)
  }
  const bound = app.server.address()
  return {
    service,
    address,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    get connections() {
      return connections
    },
  }
}
