/** One announcement when the disk stops serving us, one when it serves again, however many requests are refused between. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storeLimits } from '../core/limits.js'
import {
  healthy,
  outages,
  type StorageEvent,
  type StorageFault,
  type StorageNews,
  type StorageState,
  step,
} from './storage-health.js'

const limits = { ...storeLimits, storageQuiet: 10, damagedFiles: 3 }

const full: StorageFault = {
  trouble: 'refused',
  operation: 'write',
  place: 'database',
  path: '/data/posthorn.db',
  error: 'database or disk is full',
}
const spool: StorageFault = { ...full, place: 'spool', path: '/data/spool', error: 'ENOSPC' }
const gone = (path: string): StorageFault => ({ ...full, trouble: 'damaged', operation: 'read', place: 'blobs', path })

const failed = (fault: StorageFault): StorageEvent => ({ kind: 'failed', fault })
const wrote = (place: StorageFault['place']): StorageEvent => ({ kind: 'worked', operation: 'write', place })
const read: StorageEvent = { kind: 'worked', operation: 'read', place: 'database' }
const waited: StorageEvent = { kind: 'waited' }
const readable = (path: string): StorageEvent => ({ kind: 'readable', path })
const sound: StorageEvent = { kind: 'sound' }

type Script = readonly (readonly [at: number, event: StorageEvent])[]

function play(script: Script): { readonly state: StorageState; readonly told: readonly StorageNews[] } {
  let state = healthy
  const told: StorageNews[] = []
  for (const [at, event] of script) {
    const next = step(state, event, at, limits)
    state = next.state
    if (next.news !== null) told.push(next.news)
  }
  return { state, told }
}

/** `+`: trouble begins; `-`: it is over. */
const marks = (script: Script): string =>
  play(script)
    .told.map(({ kind }) => (kind === 'began' ? '+' : '-'))
    .join('')

describe('a disk that refuses', () => {
  test.each<[string, Script, string]>([
    [
      'is told once',
      [
        [0, failed(full)],
        [1, failed(full)],
        [2, failed(spool)],
      ],
      '+',
    ],
    [
      'is not believed at once',
      [
        [0, failed(full)],
        [5, wrote('database')],
      ],
      '+',
    ],
    [
      'is well when it has worked and been quiet',
      [
        [0, failed(full)],
        [10, wrote('database')],
      ],
      '+-',
    ],
    [
      'is well without another request',
      [
        [0, failed(full)],
        [5, wrote('database')],
        [10, waited],
      ],
      '+-',
    ],
    [
      'is not well because time goes by',
      [
        [0, failed(full)],
        [99, waited],
      ],
      '+',
    ],
    [
      'with room for small messages speaks once',
      [
        [0, failed(full)],
        [8, wrote('database')],
        [9, failed(full)],
        [18, wrote('database')],
      ],
      '+',
    ],
    [
      'is not well because it can be read',
      [
        [0, failed(full)],
        [99, read],
      ],
      '+',
    ],
    [
      'is not well in one place because it is in another',
      [
        [0, failed(full)],
        [1, failed(spool)],
        [99, wrote('database')],
      ],
      '+',
    ],
    [
      'is well when all places are',
      [
        [0, failed(full)],
        [1, failed(spool)],
        [50, wrote('database')],
        [60, wrote('spool')],
      ],
      '+-',
    ],
    [
      'can begin again',
      [
        [0, failed(full)],
        [10, wrote('database')],
        [11, failed(full)],
      ],
      '+-+',
    ],
    [
      'is no damage',
      [
        [0, failed(full)],
        [99, sound],
      ],
      '+',
    ],
  ])('%s', (_, script, expected) => expect(marks(script)).toBe(expected))

  test('says what and where first, and in the end for how long and how many requests', () => {
    const { told } = play([
      [100, failed(full)],
      [101, failed(spool)],
      [150, wrote('spool')],
      [160, wrote('database')],
    ])
    expect(told).toEqual([
      { kind: 'began', outage: { ...full, since: 100, refused: 1 } },
      { kind: 'over', outage: { ...full, since: 100, refused: 2 }, duration: 60 },
    ])
  })
})

describe('damage', () => {
  test.each<[string, Script, string]>([
    [
      'is told once for all files',
      [
        [0, failed(gone('a'))],
        [1, failed(gone('b'))],
      ],
      '+',
    ],
    [
      'stays whatever else works',
      [
        [0, failed(gone('a'))],
        [99, wrote('blobs')],
        [99, read],
        [99, waited],
      ],
      '+',
    ],
    [
      'is over when the file is back',
      [
        [0, failed(gone('a'))],
        [1, readable('a')],
      ],
      '+-',
    ],
    [
      'is not over while another is gone',
      [
        [0, failed(gone('a'))],
        [1, failed(gone('b'))],
        [2, readable('a')],
      ],
      '+',
    ],
    [
      'is over when a check finds none',
      [
        [0, failed(gone('a'))],
        [1, failed(gone('b'))],
        [2, sound],
      ],
      '+-',
    ],
    [
      'does not hide a disk that fills up',
      [
        [0, failed(gone('a'))],
        [1, failed(full)],
      ],
      '++',
    ],
  ])('%s', (_, script, expected) => expect(marks(script)).toBe(expected))

  test('of more files than are remembered is told, and bounded', () => {
    const { state } = play(['a', 'b', 'c', 'd', 'e'].map((path, at) => [at, failed(gone(path))] as const))
    expect(state.damaged?.open.size).toBe(3)
    expect(outages(state)).toMatchObject([{ path: 'a', refused: 5 }])
  })
})

test('beginnings and ends of one kind of trouble alternate, and the state says which it is', () => {
  const event = fc.constantFrom(
    failed(full),
    failed(spool),
    failed(gone('a')),
    wrote('database'),
    wrote('spool'),
    read,
    waited,
    readable('a'),
    sound,
  )
  const script = fc.array(fc.tuple(fc.nat(20), event)).map((steps) => {
    let at = 0
    return steps.map(([after, what]) => {
      at += after
      return [at, what] as const
    })
  })
  fc.assert(
    fc.property(script, (steps) => {
      const { state, told } = play(steps)
      for (const trouble of ['refused', 'damaged'] as const) {
        const kinds = told.filter(({ outage }) => outage.trouble === trouble).map(({ kind }) => kind)
        expect(kinds).toEqual(kinds.map((_, i) => (i % 2 === 0 ? 'began' : 'over')))
        expect(state[trouble] === null).toBe(kinds.length % 2 === 0)
      }
    }),
  )
})
