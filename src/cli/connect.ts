/** The way to the data: through the server while it runs, straight to the store while it does not. */
import { connect as connectSocket } from 'node:net'
import { type AdminClient, SocketClient } from '../admin/client.js'
import { findControlPath } from '../admin/control.js'
import { sleep, systemClock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import { systemRandom } from '../core/ids.js'
import { reasonOf, StartupError } from '../server/errors.js'
import { StoreLocked } from '../store/errors.js'
import { CommandError } from './errors.js'
import { silentLog } from './silent-log.js'
import { type SiteOptions, siteConfig } from './site.js'

/** A server that starts or stops has the lock and no socket for a moment; so has another command. */
const PATIENCE_MS = 5000
const PAUSE_MS = 100
const NOBODY = ['ENOENT', 'ENOTDIR', 'ECONNREFUSED']

/** Runs `work` on the admin API of the site. @throws what `work` throws; StartupError when nothing answers */
export async function withAdmin<T>(options: SiteOptions, work: (client: AdminClient) => Promise<T>): Promise<T> {
  const client = await open(await siteConfig(options))
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

async function open(config: Config): Promise<AdminClient> {
  const until = systemClock.now() + PATIENCE_MS
  for (;;) {
    const socketPath = await findControlPath(config.dataDir)
    if (await answers(socketPath)) return new SocketClient(socketPath)
    // Loaded when it is needed: a command that has a server to talk to starts twice as fast without.
    const { openDirect } = await import('../server/main.js')
    try {
      return await openDirect({ config, clock: systemClock, random: systemRandom, log: silentLog })
    } catch (error) {
      const locked = error instanceof StartupError && error.cause instanceof StoreLocked
      if (!locked || systemClock.now() > until) throw error
      await sleep(systemClock, PAUSE_MS)
    }
  }
}

/** @throws CommandError when the socket is there and is not ours to use */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // No socket, or the leftover of a server that was killed: the store itself says what else is wrong.
      if (NOBODY.includes(error.code ?? '')) resolve(false)
      else reject(new CommandError(`cannot use the control socket ${path}: ${reasonOf(error)}`))
    })
  })
}
