/** Hears from all who touch the disk how it went, keeps what is out of order, and tells the log when that begins and ends. */
import type { Clock } from '../core/clock.js'
import type { StoreLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { storageAvailable, storageUnavailable } from './events.js'
import {
  healthy,
  outages,
  type StorageEvent,
  type StorageFault,
  type StorageNews,
  type StorageOperation,
  type StorageOutage,
  type StoragePlace,
  type StorageState,
  step,
} from './storage-health.js'

export interface StorageWatchOptions {
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly log: Log | undefined
}

export class StorageWatch {
  readonly #options: StorageWatchOptions
  #state: StorageState = healthy
  #cancelWait: (() => void) | null = null

  constructor(options: StorageWatchOptions) {
    this.#options = options
  }

  /** What is out of order now: at most one of each kind of trouble. */
  get outages(): readonly StorageOutage[] {
    return outages(this.#state)
  }

  failed(fault: StorageFault): void {
    this.#step({ kind: 'failed', fault })
  }

  worked(operation: StorageOperation, place: StoragePlace): void {
    if (this.#state.refused !== null) this.#step({ kind: 'worked', operation, place })
  }

  readable(path: string): void {
    if (this.#state.damaged !== null) this.#step({ kind: 'readable', path })
  }

  sound(): void {
    this.#step({ kind: 'sound' })
  }

  /** No more is told. */
  close(): void {
    this.#cancelWait?.()
    this.#cancelWait = null
  }

  #step(event: StorageEvent): void {
    const { clock, limits } = this.#options
    const { state, news } = step(this.#state, event, clock.now(), limits)
    this.#state = state
    if (news !== null) this.#tell(news)
    this.#wait()
  }

  /** The end is told also when nobody asks for anything any more. */
  #wait(): void {
    if (this.#state.refused === null) this.close()
    else
      this.#cancelWait ??= this.#options.clock.after(this.#options.limits.storageQuiet, () => {
        this.#cancelWait = null
        this.#step({ kind: 'waited' })
      })
  }

  #tell(news: StorageNews): void {
    const { log } = this.#options
    if (log === undefined) return
    const { trouble, operation, place, path, error, refused } = news.outage
    if (news.kind === 'began') storageUnavailable(log, { trouble, operation, place, path, error })
    else storageAvailable(log, { trouble, operation, place, path, duration_ms: news.duration, refused })
  }
}
