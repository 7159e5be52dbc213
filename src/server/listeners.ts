/**
 * Listening sockets: ports and unix sockets, how they are opened and closed. Whatever goes wrong with one
 * connection, or with accepting one, the listener stays.
 */
import { chmod } from 'node:fs/promises'
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Clock } from '../core/clock.js'
import type { ListenerConfig, Service } from '../core/config.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { AcceptErrors } from './accept-errors.js'
import { clientAddress } from './admission.js'
import { type Desk, type Ends, Entrance } from './entrance.js'
import { reasonOf, StartupError } from './errors.js'
import { ProxyDoor } from './proxy-door.js'
import { claimSocketPath } from './unix-socket.js'

/** A port or socket that is open. */
export interface BoundListener {
  readonly service: Service
  /** An IP address, or the path of a unix socket. */
  readonly address: string
  /** The port that is bound, also where the configuration says 0; 0 for a unix socket. */
  readonly port: number
  /** That stand now. */
  readonly connections: number
}

export interface Listener extends BoundListener {
  /** From now on, who connects is told that the server is about to end. Connections that stand are not touched. */
  turnAway(): void
  /** Stops accepting. Connections that stand are not touched. */
  close(): Promise<void>
}

/** @throws StartupError naming address and port, or path, when it cannot be bound */
export async function listen(config: ListenerConfig, desk: Desk, clock: Clock, log: Log): Promise<Listener> {
  const proxied = config.kind === 'tcp' && config.proxyFrom.length > 0
  const entrance = new Entrance(desk, proxied ? new ProxyDoor(config.proxyFrom, clock, log) : null, clock)
  // pauseOnConnect: nothing is read before the session, or the TLS handshake, has its hands on the socket.
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    pauseOnConnect: true,
    keepAlive: true,
    keepAliveInitialDelay: serverLimits.keepAliveDelay,
  })
  const endsOf = config.kind === 'unix' ? unixEnds : tcpEnds
  server.on('connection', (socket) => {
    const ends = endsOf(socket)
    if (ends === null) socket.destroy()
    else entrance.arrive(socket, ends)
  })
  const port = await bind(server, config)
  server.on('error', new AcceptErrors(clock, log, port).report)
  return {
    service: config.service,
    address: config.kind === 'unix' ? config.path : config.address,
    port,
    get connections() {
      return entrance.current
    },
    turnAway: () => entrance.turnAway(),
    close: () => closeServer(server),
  }
}

/** null for a peer that has gone before it was looked at. */
function tcpEnds({ localAddress, localPort, remoteAddress, remotePort }: Socket): Ends | null {
  if (localAddress === undefined || localPort === undefined) return null
  if (remoteAddress === undefined || remotePort === undefined) return null
  return {
    local: { address: clientAddress(localAddress), port: localPort },
    remote: { address: clientAddress(remoteAddress), port: remotePort },
  }
}

/** Who comes by a unix socket is on this machine, and has no other address. */
const unixEnds = (): Ends => ({ local: THIS_MACHINE, remote: THIS_MACHINE })
const THIS_MACHINE = { address: '127.0.0.1', port: 0 }

/** @returns the port, 0 for a unix socket */
async function bind(server: Server, config: ListenerConfig): Promise<number> {
  try {
    if (config.kind === 'tcp') return await start(server, { host: config.address, port: config.port, ipv6Only: true })
    await claimSocketPath(config.path)
    await start(server, { path: config.path })
    await chmod(config.path, config.mode)
    return 0
  } catch (error) {
    server.close()
    throw error instanceof StartupError ? error : cannotListen(config, error)
  }
}

function start(server: Server, options: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0)
    })
  })
}

/** Why a port or socket cannot be opened, for the person who wants it open. */
export function cannotListen(config: ListenerConfig, error: unknown): StartupError {
  const { code } = error as NodeJS.ErrnoException
  const tcp = config.kind === 'tcp'
  const hint = tcp && code === 'EACCES' ? ' (a port below 1024 needs root or CAP_NET_BIND_SERVICE)' : ''
  const place = tcp ? at(config.address, config.port) : config.path
  const reason = !tcp && code === 'EACCES' ? 'its folder may not be written to' : reasonOf(error)
  return new StartupError(`cannot listen on ${place} for ${config.service}: ${reason}${hint}`, error)
}

/** As it is written in a URL. */
export const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const closeServer = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))
