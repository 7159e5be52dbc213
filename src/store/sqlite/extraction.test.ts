/** Messages are taken apart in the background: all of them, once, whatever happens meanwhile. */
import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flags, NONE, newInbox, refusal, seal, settle } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { MailboxId } from '../../core/ids.js'
import { FLAG } from '../changes.js'
import { DeadlyRead, StoreError } from '../errors.js'
import { Extractor, type ExtractorParts } from '../extractor.js'
import type { Extraction } from '../ops.js'
import type { Store } from '../store.js'
import { databasePath } from './connection.js'
import type { SqliteParts } from './open.js'

const PDF = 'Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8='

let folder: SqliteFolder
let parts: SqliteParts
let store: Store
let inbox: MailboxId

beforeEach(async () => {
  folder = sqliteFolder()
  await open()
  inbox = (await newInbox(store)).inbox
})
afterEach(() => folder.remove())

async function open(options: Parameters<SqliteFolder['open']>[1] = {}): Promise<void> {
  parts = await folder.open({}, options)
  store = parts.store
}

async function add(content: string, system = 0): Promise<void> {
  const blob = await seal(store, Buffer.from(content))
  await store.append(inbox, [{ blob, flags: flags(system), internalDate: 0, internalZone: 0 }])
}

function rows<T = unknown>(sql: string): T[] {
  const db = new Database(databasePath(folder.dir), { readonly: true })
  try {
    return db.prepare(sql).all() as T[]
  } finally {
    db.close()
  }
}
const states = (): unknown[] => rows('SELECT failed, indexed FROM extraction ORDER BY blob')

/** Until the background has taken so many messages apart. Little time may pass, or its reads have taken too long. */
async function taken(n: number): Promise<void> {
  await folder.clock.advance(200)
  while (states().length < n) {
    await folder.clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const DONE = { failed: null, indexed: 1 }

test('a message that comes is taken apart after a while', async () => {
  await store.close()
  await open({ background: true })
  await add(PDF)
  expect(states()).toEqual([])
  await taken(1)
  expect(states()).toEqual([DONE])
  expect(rows('SELECT part, type, size FROM attachment')).toEqual([{ part: '1', type: 'application/pdf', size: 5 }])
})

test('what waits at the start is taken apart, and nothing twice', async () => {
  for (let i = 0; i < 40; i++) await add(`Subject: ${i}\r\n\r\n${PDF}`)
  await store.close()
  await open({ background: true })
  await taken(40)
  await parts.extractor.catchUp()
  expect(states()).toEqual(Array(40).fill(DONE))
  expect(await store.check()).toEqual([])
})

test('what is erased loses its rows, also when it went while it was taken apart', async () => {
  await add(PDF, FLAG.deleted)
  await parts.extractor.catchUp()
  await store.expunge(inbox, null)
  await settle(store)
  const record: Extraction = { blob: 1, failed: null, attachments: [], text: { kind: 'unwanted' } }
  await parts.writer.submit({ kind: 'record-extractions', extractions: [record] })
  const tables = ['extraction', 'attachment', 'search_index_docsize']
  expect(tables.flatMap((table) => rows(`SELECT * FROM ${table}`))).toEqual([])
})

test('what lost its last reference before a crash is gone after it', async () => {
  await add(PDF)
  await parts.extractor.catchUp()
  await store.close()
  const db = new Database(databasePath(folder.dir))
  db.exec(
    'DELETE FROM message_flags; DELETE FROM message; UPDATE blob SET refs = 0; UPDATE mailbox SET messages = 0, unseen = 0, recent = 0, size = 0; UPDATE account SET quota_used = 0, quota_count = 0',
  )
  db.close()
  await open()
  expect(rows('SELECT * FROM extraction UNION ALL SELECT id, NULL, 1 FROM search_index_docsize')).toEqual([])
  expect(await store.check()).toEqual([])
})

test('without the index searches find the same, and the index is made up for when it is wanted again', async () => {
  await store.close()
  await open({ indexes: false })
  await add('Subject: a\r\n\r\nneedle')
  await parts.extractor.catchUp()
  expect(states()).toEqual([{ failed: null, indexed: 0 }])
  expect(await store.search(inbox, { where: 'body', value: 'needle' })).toEqual([1])
  await store.close()
  await open()
  await parts.extractor.catchUp()
  expect(states()).toEqual([DONE])
  expect(await store.search(inbox, { where: 'body', value: 'needle' })).toEqual([1])
  expect(await store.check()).toEqual([])
})

test('a text that is too long for the index is found all the same', async () => {
  await add(`Subject: a\r\n\r\n${'long line of text '.repeat(20_000)}\r\nneedle`)
  await parts.extractor.catchUp()
  expect(states()).toEqual([{ failed: null, indexed: 2 }])
  expect(await store.search(inbox, { where: 'body', value: 'NEEDLE' })).toEqual([1])
  expect(await store.check()).toEqual([])
})

test('a large message is read from its file', async () => {
  const part = `--x\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUFB\r\n'.repeat(400_000)}--x--`
  await add(`Content-Type: multipart/mixed; boundary=x\r\n\r\n${part}`)
  expect(await store.attachments(inbox, 1 as never)).toMatchObject({
    kind: 'found',
    attachments: [{ part: '1', size: 1_200_000 }],
  })
  const reader = await store.openAttachment(inbox, 1 as never, '1')
  let octets = 0
  for await (const piece of reader?.read() ?? []) octets += piece.length
  expect(octets).toBe(1_200_000)
})

test('what cannot be taken apart has failed for good, and says why', async () => {
  await add(PDF)
  await parts.writer.submit({
    kind: 'record-extractions',
    extractions: [{ blob: 1, failed: 'it kills us', attachments: [], text: { kind: 'unwanted' } }],
  })
  await parts.extractor.catchUp()
  expect(await store.attachments(inbox, 1 as never)).toEqual({ kind: 'failed', reason: 'it kills us' })
  expect(await store.openAttachment(inbox, 1 as never, '1')).toBe(null)
  expect(await store.search(inbox, { where: 'text', value: 'pdf' })).toEqual([1])
})

test('the log is told of a message that cannot be taken apart', async () => {
  await add(PDF)
  await store.close()
  const db = new Database(databasePath(folder.dir))
  db.exec("UPDATE blob_index SET parts = 'x'")
  db.close()
  await open()
  const reason = expect.stringContaining('JSON')
  await parts.extractor.catchUp()
  expect(folder.log.lines.filter(({ message }) => message === 'Message cannot be taken apart')).toMatchObject([
    { level: 'error', fields: { blob: 1, error: reason } },
  ])
  expect(await store.attachments(inbox, 1 as never)).toEqual({ kind: 'failed', reason })
})

test('what a repair forgets is taken apart again at once', async () => {
  await store.close()
  await open({ background: true })
  await add(PDF)
  await taken(1)
  const db = new Database(databasePath(folder.dir))
  db.exec('DELETE FROM attachment; DELETE FROM extraction')
  db.exec("INSERT INTO extraction (blob, failed, indexed) VALUES (1, NULL, 0); UPDATE blob_index SET envelope = x'00'")
  db.close()
  await store.repair({ dryRun: false })
  await taken(1)
  expect(states()).toEqual([DONE])
  expect(rows('SELECT part FROM attachment')).toEqual([{ part: '1' }])
})

test.each([
  'DELETE FROM search_index_data WHERE id > 1',
  'UPDATE search_index_data SET block = substr(block, 1, length(block) / 2)',
  'UPDATE search_index_data SET block = randomblob(length(block)) WHERE id > 10',
])('an index that makes no sense costs a search nothing, and a repair makes it again: %s', async (harm) => {
  await add(PDF)
  await add('Subject: other\r\n\r\n')
  await parts.extractor.catchUp()
  const db = new Database(databasePath(folder.dir))
  db.unsafeMode(true)
  db.exec(harm)
  db.close()
  const search = () => store.search(inbox, { where: 'text', value: 'other' })
  expect(await search()).toEqual([2])
  expect(store.storage()).toMatchObject([{ trouble: 'damaged', place: 'database' }])
  expect((await store.check()).map(({ kind }) => kind)).toEqual(['search-index-damaged'])
  expect(await store.repair({ dryRun: false })).toMatchObject({ done: [{ kind: 'search-index-damaged' }], left: [] })
  expect(store.storage()).toEqual([])
  expect(await search()).toEqual([2])
  expect(states()).toEqual([])
  await store.close()
  await open()
  await parts.extractor.catchUp()
  expect(states()).toEqual([DONE, DONE])
  expect(await search()).toEqual([2])
  expect(rows('SELECT part FROM attachment')).toEqual([{ part: '1' }])
  expect(await store.check()).toEqual([])
})

test('a reader thread that dies costs a search nothing', async () => {
  await add('Subject: a\r\n\r\nneedle')
  const text = { where: 'body', value: 'needle' } as const
  await store.search(inbox, text)
  const again = store.search(inbox, text)
  await parts.readers.terminate()
  expect(await again).toEqual([1])
})

test('a file that is missing is unavailable, and looked for again', async () => {
  const large = Buffer.alloc(1_100_000, 'x')
  const blob = await seal(store, large)
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  rmSync(`${folder.dir}/blobs`, { recursive: true })
  await parts.extractor.catchUp()
  expect(states()).toEqual([])
  expect(await refusal(store.attachments(inbox, 1 as never))).toBe('unavailable')
  expect(await refusal(store.search(inbox, { where: 'body', value: 'x' }))).toBe('unavailable')
})

describe('an Extractor', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  /** With blobs 1 to 5, of which 3 kills whoever looks at it. */
  function world(record: ExtractorParts['record'] = async () => {}, deadly: Error = new DeadlyRead('it died')) {
    const recorded: Extraction[] = []
    const tried: (readonly number[])[] = []
    const faults: unknown[] = []
    const extractor = new Extractor({
      findPending: async (after) => ({ blobs: [1, 2, 3, 4, 5].filter((n) => n > after), upTo: 5, isLast: true }),
      extract: async (blobs) => {
        tried.push(blobs)
        if (blobs.includes(3)) throw deadly
        return blobs.map((blob) => ({ blob, failed: null, attachments: [], text: { kind: 'unwanted' } }))
      },
      record: async (extractions) => {
        await record(extractions)
        recorded.push(...extractions)
      },
      clock: folder.clock,
      delay: 100,
      restFactor: 9,
      burst: { longest: 10_000, restFactor: 49, longestRest: 3_000 },
      longestRound: 1000,
      onFault: (error) => faults.push(error),
    })
    return { extractor, recorded, tried, faults }
  }

  test('tries each alone when one kills its reader, and that one has failed', async () => {
    const { extractor, recorded, tried } = world()
    await extractor.catchUp()
    expect(recorded.map(({ blob, failed }) => [blob, failed])).toEqual([
      ...[1, 2].map((blob) => [blob, null]),
      [3, 'it died'],
      ...[4, 5].map((blob) => [blob, null]),
    ])
    expect(tried).toEqual([[1, 2, 3, 4, 5], [1], [2], [3], [4], [5]])
  })

  test('blames no message for what the disk refuses, nor for a fault of ours', async () => {
    const refused = world(undefined, new StoreError('unavailable', 'no reader thread can start'))
    const faulty = world(undefined, new Error('a bug'))
    for (const { extractor } of [refused, faulty]) extractor.wake()
    await folder.clock.advance(100)
    await settled()
    expect([refused.recorded, refused.faults]).toEqual([[], []])
    expect([faulty.recorded, faulty.faults]).toEqual([[], [new Error('a bug')]])
  })

  test('rests no longer when the clock is set while it works', async () => {
    const gates: (() => void)[] = []
    const { extractor } = world(() => new Promise<void>((resolve) => gates.push(resolve)))
    extractor.wake()
    await folder.clock.advance(100)
    await settled()
    await folder.clock.advance(1_000_000)
    extractor.restart()
    gates[0]?.()
    await settled()
    await folder.clock.advance(9 * 1000)
    await settled()
    expect(gates.length).toBe(2)
    gates[1]?.()
    await extractor.close()
  })

  /** The rests of an Extractor whose rounds take 50 ms each and see new mail or not, as `flows` says. */
  async function rests(flows: readonly boolean[]): Promise<readonly number[]> {
    let now = 0
    const slept: number[] = []
    const rounds = flows.values()
    const clock = {
      now: () => now,
      after: (ms: number, fire: () => void) => {
        slept.push(ms)
        now += ms
        setImmediate(fire)
        return () => {}
      },
    }
    const extractor: Extractor = new Extractor({
      findPending: async (after) => {
        const round = rounds.next()
        now += 50
        if (round.value) extractor.wake()
        return { blobs: [], upTo: after, isLast: round.done === true }
      },
      extract: async () => [],
      record: async () => {},
      clock,
      delay: 100,
      restFactor: 9,
      burst: { longest: 10_000, restFactor: 49, longestRest: 2_000 },
      longestRound: 1000,
      onFault: () => {},
    })
    extractor.wake()
    // Two turns for each round, and some more.
    for (let i = 0; i < 10 + 2 * flows.length; i++) await settled()
    await extractor.close()
    return slept.slice(1)
  }

  test('rests long when mail begins to pour in, less when it goes on, and not when it has stopped', async () => {
    expect(await rests([false, false])).toEqual([])
    expect(await rests(Array(8).fill(true))).toEqual([2000, 2000, 2000, 2000, 2000, 450, 450, 450])
    expect(await rests([true, true, false, true, false, false])).toEqual([2000, 2000, 2000])
  })

  test('waits a while, and leaves no timer behind', async () => {
    const { extractor, recorded } = world()
    extractor.wake()
    extractor.wake()
    await settled()
    expect(recorded).toEqual([])
    await folder.clock.advance(100)
    await settled()
    expect(recorded.length).toBe(5)
    await extractor.close()
    expect(folder.clock.pending).toBe(0)
  })

  test('closes at once while it waits, and does nothing after it', async () => {
    const { extractor, recorded } = world()
    extractor.wake()
    await extractor.close()
    extractor.wake()
    await folder.clock.advance(1000)
    expect([recorded, folder.clock.pending]).toEqual([[], 0])
  })

  test('tries again after a disk that refused, when it is woken', async () => {
    let full = true
    const { extractor, recorded } = world(async () => {
      if (full) throw new Error('disk full')
    })
    extractor.wake()
    await folder.clock.advance(100)
    await settled()
    expect(recorded).toEqual([])
    full = false
    extractor.wake()
    await folder.clock.advance(100)
    await settled()
    expect(recorded.length).toBe(5)
  })

  test('looks at all again after a restart, also within a round', async () => {
    let isFirst = true
    const { extractor, recorded } = world(async () => {
      if (isFirst) extractor.restart()
      isFirst = false
    })
    await extractor.catchUp()
    expect(recorded.length).toBe(10)
    await extractor.close()
  })

  test('looks at all again after a restart', async () => {
    const { extractor, recorded } = world()
    await extractor.catchUp()
    extractor.restart()
    await folder.clock.advance(100)
    await settled()
    expect(recorded.length).toBe(10)
  })
})
