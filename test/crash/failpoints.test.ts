/**
 * A server under load is killed at a place of our choice in the work of its store (failpoints.mjs), now there, now a
 * little later. What it acknowledged is there, what was never sent whole is not, and `store check` finds nothing.
 *
 * CRASH_ROUNDS=n for so many rounds (`npm run crash`), CRASH_SEED to choose the places that a failed run chose.
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestSite } from '../../bench/server-process.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store } from '../../src/store/store.js'
import { PATIENCE } from '../patience.js'
import { checkInvariants } from '../store/check-invariants.js'
import { entriesOf, read } from '../store/fixtures.js'
import {
  appendLoad,
  COPIED_TO,
  expungeLoad,
  type Ledger,
  MOVED_BETWEEN,
  smtpLoad,
  transferLoad,
  untilKilled,
} from './load.js'
import { expectKept, note } from './promises.js'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3)
const SEED = Number(process.env['CRASH_SEED'] ?? randomInt(2 ** 31))
const USERS = ['alice', 'bob']

const opener = fileURLToPath(new URL('opener.mjs', import.meta.url))
const killer = new URL('failpoints.mjs', import.meta.url).href

interface Kill {
  readonly place: string
  /** Which time, and how many milliseconds behind it. */
  readonly count: number
  readonly delay: number
}

/** Places, and how many times the load comes to them within a second or so. */
const PLACES: { readonly [place: string]: number } = {
  'spool-write': 60,
  'spool-sync': 8,
  'spool-synced': 8,
  place: 6,
  placed: 6,
  'folder-sync': 15,
  'folder-synced': 15,
  commit: 100,
  committed: 100,
  checkpoint: 60,
  erase: 15,
  erased: 15,
  unlink: 3,
  unlinked: 3,
}

const kill: fc.Arbitrary<Kill> = fc.constantFrom(...Object.keys(PLACES)).chain((place) =>
  fc.record({
    place: fc.constant(place),
    count: fc.integer({ min: 1, max: PLACES[place] ?? 1 }),
    // A checkpoint is a matter of milliseconds: its beginning alone tells little.
    delay: place === 'checkpoint' ? fc.integer({ min: 1, max: 8 }) : fc.constantFrom(0, 0, 1, 3),
  }),
)

const environment = ({ place, count, delay }: Kill): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${killer}`,
  POSTHORN_TEST_KILL: `${place}:${count}:${delay}`,
})

let site: TestSite
const ledger: Ledger = new Map()
/** Of dave, whose messages are moved and copied. */
const transferred = { moved: new Map() as Ledger, copied: new Map() as Ledger }

beforeAll(async () => {
  site = await TestSite.create([...USERS, 'carol', 'dave'])
})
afterAll(() => site.remove())

async function loadUntilKilled(given: Kill): Promise<void> {
  const armed = join(site.dir, 'armed')
  rmSync(armed, { force: true })
  const server = await site.start({ ...environment(given), POSTHORN_TEST_KILL_ARMED: armed })
  const loads = [
    ...Array.from({ length: 8 }, () => smtpLoad(server.ports, USERS, ledger)),
    ...USERS.map((user) => appendLoad(server.ports, user, site.password, ledger)),
    expungeLoad(server.ports, 'carol', site.password),
    transferLoad(server.ports, 'dave', site.password, transferred),
  ].map(untilKilled)
  // Not before there is something to lose: a start comes to some of the places too.
  await expect.poll(() => transferred.copied.size, PATIENCE).toBeGreaterThan(0)
  writeFileSync(armed, '')
  await server.ended()
  await Promise.all(loads)
}

async function onData(look: (store: Store) => Promise<void>, dir = join(site.dir, 'data')): Promise<void> {
  const store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
  try {
    await look(store)
  } finally {
    await store.close()
  }
}

/** Ids of messages in some mailboxes of a user, each with the hashes of the contents that carry it. */
async function contentsOf(store: Store, name: string, ...mailboxes: readonly string[]): Promise<Map<string, string[]>> {
  const user = await store.findUser(`${name}@posthorn.test`)
  if (user === null) throw new Error(`${name} is gone`)
  const found = new Map<string, string[]>()
  for (const mailbox of mailboxes) {
    const box = await store.findMailbox(user.id, mailbox)
    if (box === null) throw new Error(`${mailbox} of ${name} is gone`)
    for (const { blob } of await entriesOf(store, box.id)) {
      const octets = await read(store, blob)
      if (octets !== null) note(found, octets)
    }
  }
  return found
}

test.each(fc.sample(kill, { numRuns: ROUNDS, seed: SEED }))(
  `seed ${SEED}: killed at $place, time $count, $delay ms later`,
  async (given) => {
    await loadUntilKilled(given)
    await onData(async (store) => {
      await checkInvariants(store)
      for (const user of USERS) expectKept(user, ledger, await contentsOf(store, user, 'INBOX'))
      expectKept('dave', transferred.moved, await contentsOf(store, 'dave', ...MOVED_BETWEEN))
      expectKept('dave', transferred.copied, await contentsOf(store, 'dave', COPIED_TO))
    })
    expect(ledger.size).toBeGreaterThan(0)
  },
  120_000,
)

/** The first start makes a folder by all migrations, each in a transaction of its own. */
const migrating = fc.record({
  place: fc.constantFrom('migration', 'migrated', 'version'),
  count: fc.integer({ min: 1, max: 11 }),
  delay: fc.constantFrom(0, 0, 1),
})

test.each(fc.sample(migrating, { numRuns: Math.ceil(ROUNDS / 2), seed: SEED }))(
  `seed ${SEED}: a migration killed at $place, time $count, $delay ms later, is done by the next start`,
  async (given) => {
    const dir = mkdtempSync(join(tmpdir(), 'posthorn-migration-'))
    try {
      const { signal } = spawnSync(process.execPath, [opener, dir], { env: { ...process.env, ...environment(given) } })
      if (given.delay === 0) expect(signal).toBe('SIGKILL')
      await onData(checkInvariants, dir)
    } finally {
      rmSync(dir, { recursive: true })
    }
  },
)
