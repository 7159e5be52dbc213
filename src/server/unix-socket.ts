/** Unix sockets that the configuration names: what a killed server left is cleared away, anything else is left alone. */
import { lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { serverLimits } from '../core/limits.js'
import { StartupError } from './errors.js'

/** Makes room for a socket at `path`. @throws StartupError when it is too long, or something is there that is in use or no socket */
export async function claimSocketPath(path: string): Promise<void> {
  const octets = Buffer.byteLength(path)
  const most = serverLimits.socketPathOctets
  if (octets > most) throw cannotUse(path, `it has ${octets} octets, and a socket address has room for ${most}`)
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (there === null) return
  if (!there.isSocket()) throw cannotUse(path, 'there is something else, which is no socket')
  if (await answers(path)) throw cannotUse(path, 'another program listens there')
  await rm(path, { force: true })
}

const cannotUse = (path: string, why: string): StartupError => new StartupError(`cannot listen on ${path}: ${why}`)

/** Whether anybody listens: only a connection can tell. Who may not connect cannot say that nobody does. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
    socket.once('connect', () => socket.destroy())
  })
}
