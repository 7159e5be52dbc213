/**
 * Kills the process that it is loaded into, with no warning, at a named place in the work of the store:
 * `node --import failpoints.mjs`, with POSTHORN_TEST_KILL=NAME:N:MS for the N-th time that it comes to NAME, MS
 * milliseconds later if that is not 0, whatever it does then. With POSTHORN_TEST_KILL_ARMED=FILE it counts only from when
 * there is that file. It stands between the program and its libraries, in each thread, so that the program knows nothing
 * of it.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import Database from 'better-sqlite3'

const [name = '', count = '1', delay = '0'] = (process.env.POSTHORN_TEST_KILL ?? '').split(':')
const armed = process.env.POSTHORN_TEST_KILL_ARMED ?? null
let left = Number(count)

const die = () => process.kill(process.pid, 'SIGKILL')

/** We have come to `place`. */
function at(place) {
  if (place !== name || (armed !== null && !fs.existsSync(armed)) || --left !== 0) return
  if (Number(delay) === 0) die()
  else spawn('sh', ['-c', `sleep ${Number(delay) / 1000}; kill -9 ${process.pid}`], { stdio: 'ignore' })
}

/** Calls `method` of `object` as before, with places in front and behind. */
function around(object, method, places) {
  const original = object[method]
  object[method] = function (...args) {
    const { before = null, after = null } = places(this, ...args) ?? {}
    if (before !== null) at(before)
    const result = original.apply(this, args)
    if (after === null) return result
    if (!(result instanceof Promise)) at(after)
    return result instanceof Promise ? result.finally(() => at(after)) : result
  }
}

// The file of a message that arrives: half of what is written, then synced, then in its place, then the folder.
const handle = await open(new URL(import.meta.url))
const files = Object.getPrototypeOf(handle)
await handle.close()
const write = files.write
files.write = async function (octets, offset = 0, ...rest) {
  if (name === 'spool-write' && left === 1) await write.call(this, octets, offset, (octets.length - offset) >> 1)
  at('spool-write')
  return write.call(this, octets, offset, ...rest)
}
around(files, 'sync', () => ({ before: 'spool-sync', after: 'spool-synced' }))
around(fs, 'renameSync', () => ({ before: 'place', after: 'placed' }))
around(fs, 'fsyncSync', () => ({ before: 'folder-sync', after: 'folder-synced' }))
around(fs, 'rmSync', (_, path) => (String(path).includes('/blobs/') ? { before: 'unlink', after: 'unlinked' } : null))
syncBuiltinESMExports()

// The database: `checkpoint` is a commit that brings the log into the database, as it hardly ever has to.
const statements = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1'))
around(statements, 'run', ({ source }) => {
  if (source !== 'COMMIT') return null
  return { before: name === 'checkpoint' ? 'checkpoint' : 'commit', after: 'committed' }
})
around(statements, 'get', ({ source }) =>
  source.startsWith('DELETE FROM blob WHERE') ? { before: 'erase', after: 'erased' } : null,
)
around(Database.prototype, 'pragma', (_, source) =>
  source.startsWith('user_version =') ? { before: 'migrated', after: 'version' } : null,
)
around(Database.prototype, 'exec', (_, source) => (/CREATE|ALTER|UPDATE/.test(source) ? { before: 'migration' } : null))
if (name === 'checkpoint') {
  const pragma = Database.prototype.pragma
  Database.prototype.pragma = function (source, ...rest) {
    return pragma.call(this, source.replace(/^wal_autocheckpoint = .*/, 'wal_autocheckpoint = 20'), ...rest)
  }
}
