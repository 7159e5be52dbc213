/**
 * `store backup` and `store restore` are killed at a place of our choice (failpoints.mjs). What is there afterwards is
 * whole or says that it is not, and the same command, given again, comes to its end.
 *
 * CRASH_ROUNDS=n for so many rounds (`npm run crash`), CRASH_SEED to choose the places that a failed run chose.
 */
import { createHash, randomInt } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store } from '../../src/store/store.js'
import { posthorn, type Ran } from '../program.js'
import { checkInvariants } from '../store/check-invariants.js'
import { entriesOf, inboxOf, NONE, newInbox, octets, read, seal } from '../store/fixtures.js'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3)
const SEED = Number(process.env['CRASH_SEED'] ?? randomInt(2 ** 31))
const LARGE = 1_100_000
const KEY = `${Buffer.alloc(32, 1).toString('base64')}\n`
const killer = new URL('failpoints.mjs', import.meta.url).href

interface Kill {
  readonly place: string
  readonly count: number
  readonly delay: number
}

/** `counts`: places, and how often the command comes to them, as measured with the data below. */
const killAt = (counts: { readonly [place: string]: number }): fc.Arbitrary<Kill> =>
  fc.constantFrom(...Object.keys(counts)).chain((place) =>
    fc.record({
      place: fc.constant(place),
      count: fc.integer({ min: 1, max: counts[place] ?? 1 }),
      delay: fc.constantFrom(0, 0, 0, 2),
    }),
  )

let away: string
/** The data of one time, and a backup of it; later there was more mail. */
let data: string
let backup: string
let before: string[]
let after: string[]
/** What a round works on. */
let target: string
let filled: string

async function onData<T>(dir: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

async function add(store: Store, name: string, size: number): Promise<void> {
  const user = await store.findUser('ann@example.test')
  if (user === null) throw new Error('ann is gone')
  const blob = await seal(store, octets(name, size))
  await store.append((await inboxOf(store, user)).id, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
}

/** Hashes of the mail, in order. The store is checked. */
const mailIn = (dir: string): Promise<string[]> =>
  onData(dir, async (store) => {
    await checkInvariants(store)
    const user = await store.findUser('ann@example.test')
    if (user === null) return []
    const hashes: string[] = []
    for (const { blob } of await entriesOf(store, (await inboxOf(store, user)).id))
      hashes.push(hashOf((await read(store, blob)) ?? Buffer.alloc(0)))
    return hashes
  })

/** A command that must come to its end. */
async function done(args: readonly string[]): Promise<void> {
  expect(await posthorn(args)).toMatchObject({ code: 0, stderr: '' })
}

beforeAll(async () => {
  away = mkdtempSync(join(tmpdir(), 'posthorn-restore-'))
  data = join(away, 'data')
  backup = join(away, 'backup')
  await onData(data, async (store) => {
    await newInbox(store)
    for (let i = 0; i < 5; i++) await add(store, `before-${i}`, i % 2 === 0 ? LARGE : 0)
  })
  writeFileSync(join(data, 'secret.key'), KEY, { mode: 0o600 })
  await done(['store', 'backup', backup, '--data', data])
  before = await mailIn(data)
  await onData(data, async (store) => {
    for (let i = 0; i < 3; i++) await add(store, `after-${i}`, LARGE)
  })
  after = await mailIn(data)
}, 120_000)

beforeEach(() => {
  target = join(away, 'target')
  filled = join(away, 'filled')
  for (const folder of [target, filled]) rmSync(folder, { recursive: true, force: true })
})

afterAll(() => rmSync(away, { recursive: true }))

/** -1 where it was killed. */
const killed = ({ place, count, delay }: Kill, ...args: readonly string[]): Promise<Ran> =>
  posthorn(args, {
    env: { NODE_OPTIONS: `--import ${killer}`, POSTHORN_TEST_KILL: `${place}:${count}:${delay}` },
  })

const restores = killAt({ place: 6, placed: 6, 'folder-sync': 22, 'folder-synced': 22 })

test.each(fc.sample(restores, { numRuns: ROUNDS, seed: SEED }))(
  `seed ${SEED}: a restore killed at $place, time $count, $delay ms later, is not taken for whole`,
  async (given) => {
    const command = ['store', 'restore', backup, '--data', filled]
    const first = await killed(given, ...command)
    if (first.code === 0) expect(await mailIn(filled)).toEqual(before)
    else if (existsSync(join(filled, 'restoring')))
      await expect(mailIn(filled)).rejects.toThrow('has an interrupted restore in it')
    else expect(existsSync(join(filled, 'posthorn.db')) ? await mailIn(filled) : before).toEqual(before)
    if (first.code !== 0 && !existsSync(join(filled, 'posthorn.db'))) {
      const again = await posthorn(command)
      if (again.code !== 0) {
        expect(again.stderr).toMatch(/has half of an interrupted restore in it: remove it/)
        rmSync(filled, { recursive: true })
        await done(command)
      }
      expect(await mailIn(filled)).toEqual(before)
    }
    expect(readFileSync(join(filled, 'secret.key'), 'utf8')).toBe(KEY)
  },
  120_000,
)

const backups = killAt({ place: 4, placed: 4, 'folder-sync': 16, 'folder-synced': 16, unlink: 1, unlinked: 1 })

test.each(fc.sample(backups, { numRuns: Math.ceil(ROUNDS / 2), seed: SEED }))(
  `seed ${SEED}: a backup killed at $place, time $count, $delay ms later, leaves that of before or is whole`,
  async (given) => {
    cpSync(backup, target, { recursive: true })
    const { code } = await killed(given, 'store', 'backup', target, '--data', data)
    await done(['store', 'restore', target, '--data', filled])
    const found = await mailIn(filled)
    expect([before, after]).toContainEqual(found)
    if (code === 0) expect(found).toEqual(after)
    await done(['store', 'backup', target, '--data', data])
    expect(readdirSync(target).filter((name) => name.startsWith('data-'))).toHaveLength(1)
    rmSync(filled, { recursive: true })
    await done(['store', 'restore', target, '--data', filled])
    expect(await mailIn(filled)).toEqual(after)
  },
  120_000,
)
