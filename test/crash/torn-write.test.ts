/**
 * A power cut tears the last write: what SQLite had written to its log behind the last fsync may be there, in part,
 * or be anything. What was acknowledged before is there; what was not is there as a whole or gone as a whole.
 *
 * The log is as long as it was when a batch was acknowledged: so far it was synced. What the next batch wrote behind
 * that is cut off or garbled by sectors, as a disk may leave it.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../src/core/clock.js'
import { type MailboxId, systemRandom } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store, User } from '../../src/store/store.js'
import { checkInvariants } from '../store/check-invariants.js'
import {
  entriesOf,
  flags,
  inboxOf,
  newUser,
  octets,
  read,
  START,
  seal,
  settle,
  uids,
  waiting,
} from '../store/fixtures.js'
import { killedCopy } from '../store/killed-copy.js'
import { sqliteFolder } from '../store/sqlite-folder.js'

const RUNS = 2 * Number(process.env['CRASH_ROUNDS'] ?? 3)
const SECTOR = 512
/** Larger messages are files. */
const INLINE = 20_000
const ADDRESS = 'ann@example.test'

type Step =
  | { readonly do: 'append'; readonly size: number }
  | { readonly do: 'accept'; readonly size: number; readonly remote: boolean }
  | { readonly do: 'flag'; readonly uid: number }
  | { readonly do: 'expunge'; readonly uid: number }
  | { readonly do: 'copy'; readonly uid: number }
  | { readonly do: 'move'; readonly uid: number }

const size = fc.oneof(fc.nat(3000), fc.integer({ min: INLINE - 2000, max: INLINE + 30_000 }))
const uid = fc.integer({ min: 1, max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append'), size }),
  fc.record({ do: fc.constant('accept'), size, remote: fc.boolean() }),
  fc.record({ do: fc.constantFrom('flag', 'expunge', 'copy', 'move'), uid }),
)
const batch = fc.array(step, { minLength: 1, maxLength: 5 })

/** What becomes of each sector in turn behind the last fsync; `cut`: all of them, up to a part of the way, in thousandths. */
type Tear =
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'garbled'; readonly sectors: readonly ('kept' | 'zero' | 'noise')[] }
const tear: fc.Arbitrary<Tear> = fc.oneof(
  fc.record({ kind: fc.constant('cut'), at: fc.oneof(fc.constantFrom(0, 1000), fc.nat(1000)) }),
  fc.record({
    kind: fc.constant('garbled'),
    sectors: fc.array(fc.constantFrom('kept', 'kept', 'kept', 'zero', 'noise'), { minLength: 1, maxLength: 40 }),
  }),
)

let names = 0

async function take(store: Store, user: User, given: Step): Promise<unknown> {
  const [mailbox, other] = await mailboxesOf(store, user)
  if (given.do === 'copy' || given.do === 'move') return store[given.do](mailbox, uids(given.uid), other)
  if (given.do === 'flag') return store.setFlags(mailbox, uids(given.uid), 'add', flags(FLAG.seen, 'k'))
  if (given.do === 'expunge') {
    await store.setFlags(mailbox, uids(given.uid), 'add', flags(FLAG.deleted))
    return store.expunge(mailbox, uids(given.uid))
  }
  const name = `m${names++}`
  const blob = await seal(store, octets(name, given.size))
  if (given.do === 'append') return store.append(mailbox, [{ blob, flags: flags(0), internalDate: 1, internalZone: 0 }])
  const local = { kind: 'local', mailbox, recipient: ADDRESS } as const
  const deliveries = given.remote ? [local, { kind: 'remote', recipient: 'x@far.test' } as const] : [local]
  return store.accept({ id: name, from: '', deliveries, blob, receivedAt: START })
}

async function mailboxesOf(store: Store, user: User): Promise<readonly [MailboxId, MailboxId]> {
  const other = await store.findMailbox(user.id, 'other')
  return [(await inboxOf(store, user)).id, other?.id as MailboxId]
}

/** All that can be seen of the user. */
async function stateOf(store: Store): Promise<unknown> {
  const user = (await store.findUser(ADDRESS)) as User
  const mailboxes = await mailboxesOf(store, user)
  const counters = [user, await store.findQuota(user.id)]
  return [await Promise.all(mailboxes.map((id) => contentOf(store, id))), counters, await waiting(store)]
}

async function contentOf(store: Store, id: MailboxId): Promise<unknown> {
  const entries = await entriesOf(store, id)
  const messages = entries.map(async ({ blob, ...entry }) => [entry, sha256((await read(store, blob)) ?? Buffer.of())])
  const objects = await store.objectIds(
    id,
    entries.map((entry) => entry.uid),
  )
  return [await Promise.all(messages), objects, await store.mailboxStatus(id)]
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** Octets of `log` with what stands behind `synced` torn. */
function torn(log: Buffer, synced: number, how: Tear): Buffer {
  if (how.kind === 'cut') return log.subarray(0, synced + Math.floor(((log.length - synced) * how.at) / 1000))
  const octets = Buffer.from(log)
  for (let at = synced, i = 0; at < octets.length; at += SECTOR, i++) {
    const sector = octets.subarray(at, at + SECTOR)
    const fate = how.sectors[i % how.sectors.length]
    if (fate === 'zero') sector.fill(0)
    else if (fate === 'noise') sector.set(systemRandom(sector.length))
  }
  return octets
}

/** Files that were removed behind a commit are there while that commit is not; a message that was arriving is half there. */
function addFiles(dir: string, before: string): void {
  cpSync(join(before, 'blobs'), join(dir, 'blobs'), { recursive: true })
  mkdirSync(join(dir, 'spool'), { recursive: true })
  writeFileSync(join(dir, 'spool', 'half'), systemRandom(5000))
}

interface Outcome {
  readonly acknowledged: unknown
  readonly unanswered: unknown
  readonly found: unknown
}

async function tearOnce(batches: readonly (readonly Step[])[], how: Tear): Promise<Outcome> {
  const folder = sqliteFolder()
  const copies: string[] = []
  try {
    const { store } = await folder.open({ inlineBlobOctets: INLINE })
    const user = await newUser(store, ADDRESS, 'other')
    for (const steps of batches.slice(0, -1)) await Promise.all(steps.map((given) => take(store, user, given)))
    const synced = statSync(join(folder.dir, 'posthorn.db-wal')).size
    const acknowledged = await stateOf(store)
    await settle(store)
    const before = killedCopy(folder.dir)
    const [last = { do: 'append', size: 10 }] = batches.at(-1) ?? []
    await take(store, user, last)
    await settle(store)
    const unanswered = await stateOf(store)
    const after = killedCopy(folder.dir)
    copies.push(before, after)
    const log = readFileSync(join(after, 'posthorn.db-wal'))
    expect(log.indexOf(readFileSync(join(before, 'posthorn.db-wal')))).toBe(0)
    writeFileSync(join(after, 'posthorn.db-wal'), torn(log, synced, how))
    addFiles(after, before)
    return { acknowledged, unanswered, found: await reopened(after) }
  } finally {
    await folder.remove()
    for (const copy of copies) rmSync(copy, { recursive: true })
  }
}

async function reopened(dir: string): Promise<unknown> {
  const clock = new FakeClock(START)
  const store = await openSqliteStore({ dir, clock, random: systemRandom, limits: { inlineBlobOctets: INLINE } })
  try {
    await checkInvariants(store)
    expect(readdirSync(join(dir, 'spool'))).toEqual([])
    return await stateOf(store)
  } finally {
    await store.close()
  }
}

const single = fc.oneof(
  fc.record({ do: fc.constantFrom('copy', 'move'), uid: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('append'), size }),
  fc.record({ do: fc.constant('accept'), size, remote: fc.boolean() }),
) as fc.Arbitrary<Step>

test('what was synced is there, and what was not is there as a whole or not at all', async () => {
  const batches = fc
    .tuple(fc.array(batch, { minLength: 1, maxLength: 4 }), single)
    .map(([many, last]) => [...many, [last]])
  await fc.assert(
    fc.asyncProperty(batches, tear, async (steps, how) => {
      const { acknowledged, unanswered, found } = await tearOnce(steps, how)
      const whole = JSON.stringify(found) === JSON.stringify(unanswered)
      expect(found).toEqual(whole ? unanswered : acknowledged)
    }),
    { numRuns: RUNS },
  )
}, 3_600_000)

test.each([
  ['all of it', 0, 'acknowledged'],
  ['nothing', 1000, 'unanswered'],
] as const)('a disk that loses %s', async (_, at, expected) => {
  const steps: Step[] = [
    { do: 'append', size: 10 },
    { do: 'accept', size: INLINE + 1, remote: true },
  ]
  const outcome = await tearOnce([steps, [{ do: 'append', size: INLINE + 2 }]], { kind: 'cut', at })
  expect(outcome.found).toEqual(outcome[expected])
  expect(outcome.acknowledged).not.toEqual(outcome.unanswered)
})
