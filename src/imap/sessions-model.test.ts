/**
 * Three to five random sessions on one mailbox, who do not always wait for an answer before the next command, while mail
 * comes by SMTP and LMTP: flags, UIDs and numbers never disagree with what the server says. The short run is of each
 * `npm test`, with a new seed each time; `npm run sessions` is the long one. A failure prints its seed: SESSION_SEED=7
 * repeats it.
 */
import { afterEach, expect, test } from 'vitest'
import { runSessions } from '../../test/imap-model/run.js'
import { checkInvariants } from '../../test/store/check-invariants.js'
import { type SqliteFolder, sqliteFolder } from '../../test/store/sqlite-folder.js'
import { systemRandom } from '../core/ids.js'

/** Commands of one run: a world of its own, so that what a failure prints is short. */
const RUN = 2_000
const total = Number(process.env['SESSION_COMMANDS'] ?? 2 * RUN)
const first = Number(process.env['SESSION_SEED'] ?? systemRandom(4).readUInt32BE())
const seeds = Array.from({ length: Math.ceil(total / RUN) }, (_, i) => (first + i) >>> 0)

let folder: SqliteFolder | null = null
afterEach(async () => {
  await folder?.remove()
  folder = null
})

test.each(seeds.map((seed, i) => [seed, i % 2 === 0 ? 'the model' : 'SQLite'] as const))(
  'seed %i, on %s',
  async (seed, kind) => {
    folder = kind === 'SQLite' ? sqliteFolder() : null
    const store = (await folder?.open())?.store
    expect(await runSessions({ seed, commands: RUN, store })).toBeGreaterThanOrEqual(RUN)
    if (store !== undefined) await checkInvariants(store)
  },
  600_000,
)
