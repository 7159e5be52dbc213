/**
 * Whether the disk serves us: a machine that turns refusals and successes into one announcement when trouble
 * begins and one when it is over. Pure: time comes in with each event.
 *
 * A refusal of the disk (full, read-only, failing) may pass. It is over once what was refused works again and
 * nothing has been refused for a while: a disk that has room for small messages and not for large ones speaks
 * once, not once a message. Damage (a page that makes no sense, a file that is gone) stays where it is while
 * all else goes on, so success elsewhere says nothing about it: it is over when the very file can be read, or
 * when a check finds nothing.
 */
import type { StoreLimits } from '../core/limits.js'

export type StoragePlace = 'database' | 'blobs' | 'spool'
export type StorageOperation = 'read' | 'write'
export type StorageTrouble = 'refused' | 'damaged'

/** What could not be done, and where. */
export interface StorageFault {
  readonly trouble: StorageTrouble
  readonly operation: StorageOperation
  readonly place: StoragePlace
  /** The file or folder. */
  readonly path: string
  /** In the words of SQLite or of the system. */
  readonly error: string
}

/** A fault that has begun and is not over. */
export interface StorageOutage extends StorageFault {
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Requests that were declined because of it or of another one of its kind since. */
  readonly refused: number
}

export type StorageEvent =
  | { readonly kind: 'failed'; readonly fault: StorageFault }
  | { readonly kind: 'worked'; readonly operation: StorageOperation; readonly place: StoragePlace }
  /** This file has all of its octets. */
  | { readonly kind: 'readable'; readonly path: string }
  /** A check or a repair has found no damage, or none is left. */
  | { readonly kind: 'sound' }
  /** Time has gone by. */
  | { readonly kind: 'waited' }

export type StorageNews =
  | { readonly kind: 'began'; readonly outage: StorageOutage }
  | { readonly kind: 'over'; readonly outage: StorageOutage; readonly duration: number }

/** What is refused, by operation and place, and whether it has worked since; what is damaged, by path. */
interface Outage {
  readonly first: StorageOutage
  readonly lastAt: number
  readonly open: ReadonlyMap<string, boolean>
}

export type StorageState = { readonly [T in StorageTrouble]: Outage | null }

export interface StorageStep {
  readonly state: StorageState
  readonly news: StorageNews | null
}

export const healthy: StorageState = { refused: null, damaged: null }

export const outages = ({ refused, damaged }: StorageState): readonly StorageOutage[] =>
  [refused, damaged].flatMap((outage) => (outage === null ? [] : [outage.first]))

export function step(state: StorageState, event: StorageEvent, at: number, limits: StoreLimits): StorageStep {
  switch (event.kind) {
    case 'failed':
      return failed(state, event.fault, at, limits)
    case 'worked':
      return quiet(worked(state, `${event.operation} ${event.place}`), at, limits)
    case 'waited':
      return quiet(state, at, limits)
    case 'readable':
      return mended(state, at, (path) => path === event.path)
    case 'sound':
      return mended(state, at, () => true)
  }
}

function failed(state: StorageState, fault: StorageFault, at: number, limits: StoreLimits): StorageStep {
  const known = state[fault.trouble]
  const first = known?.first ?? { ...fault, since: at, refused: 0 }
  const open = new Map(known?.open)
  const key = fault.trouble === 'refused' ? `${fault.operation} ${fault.place}` : fault.path
  if (open.has(key) || open.size < limits.damagedFiles) open.set(key, false)
  const outage: Outage = { first: { ...first, refused: first.refused + 1 }, lastAt: at, open }
  const news: StorageNews | null = known === null ? { kind: 'began', outage: outage.first } : null
  return { state: { ...state, [fault.trouble]: outage }, news }
}

function worked(state: StorageState, key: string): StorageState {
  const { refused } = state
  if (refused === null || refused.open.get(key) !== false) return state
  return { ...state, refused: { ...refused, open: new Map(refused.open).set(key, true) } }
}

function quiet(state: StorageState, at: number, { storageQuiet }: StoreLimits): StorageStep {
  const { refused } = state
  if (refused === null || at - refused.lastAt < storageQuiet) return { state, news: null }
  if (![...refused.open.values()].every((again) => again)) return { state, news: null }
  return over(state, refused, at)
}

function mended(state: StorageState, at: number, matches: (path: string) => boolean): StorageStep {
  const { damaged } = state
  if (damaged === null) return { state, news: null }
  const open = new Map([...damaged.open].filter(([path]) => !matches(path)))
  if (open.size === 0) return over(state, damaged, at)
  return { state: { ...state, damaged: { ...damaged, open } }, news: null }
}

const over = (state: StorageState, { first }: Outage, at: number): StorageStep => ({
  state: { ...state, [first.trouble]: null },
  news: { kind: 'over', outage: first, duration: at - first.since },
})
