/**
 * Sees to it that every message is taken apart some time after it has come: a few at a time, in the background,
 * and with pauses while mail flows, which are longer while it has only begun to pour in: most bursts are over soon, and
 * then there is time. Mail that goes on pouring in is taken apart all the same. What is still to be done stands in the data, so a crash loses nothing.
 */
import type { Clock } from '../core/clock.js'
import { DeadlyRead, StoreError } from './errors.js'
import type { Extraction } from './ops.js'
import { Pause } from './pause.js'

export interface ExtractorParts {
  /** Blobs that wait behind one of them; `isLast`: none waits behind `upTo`. */
  readonly findPending: (
    after: number,
  ) => Promise<{ readonly blobs: readonly number[]; readonly upTo: number; readonly isLast: boolean }>
  /** null for a blob that is to be left alone for now. Rejects with DeadlyRead when one of them kills those who try. */
  readonly extract: (blobs: readonly number[]) => Promise<readonly (Extraction | null)[]>
  readonly record: (extractions: readonly Extraction[]) => Promise<unknown>
  readonly clock: Clock
  /** Milliseconds between the wake-up and the work, so that a burst of mail is over first. */
  readonly delay: number
  /** While mail flows, it rests so many times as long as it worked. */
  readonly restFactor: number
  /** The same for its first milliseconds, `longest`, unless it would be more than `longestRest` milliseconds. */
  readonly burst: { readonly longest: number; readonly restFactor: number; readonly longestRest: number }
  /** Milliseconds that count as work of one round at most: the clock may have been set meanwhile. */
  readonly longestRound: number
  /** A fault has ended the work; refusals of the disk are told elsewhere. */
  readonly onFault: (error: unknown) => void
}

export class Extractor {
  readonly #parts: ExtractorParts
  /** All blobs up to here are done, or are left alone until the next start. */
  #upTo = 0
  /** How often all has been forgotten: a round that began before must not say how far it is. */
  #restarts = 0
  /** Something has come since the last look. */
  #isWoken = false
  /** A message has come since the last rest. */
  #isFlowing = false
  /** When mail began to flow, and has not stopped since. */
  #flowsSince: number | null = null
  #running: Promise<void> | null = null
  readonly #pause: Pause

  constructor(parts: ExtractorParts) {
    this.#parts = parts
    this.#pause = new Pause(parts.clock)
  }

  /** Call at the start and when a message has come. It returns at once. */
  wake(): void {
    this.#isWoken = true
    this.#isFlowing = true
    if (this.#running !== null || this.#pause.isClosed) return
    this.#running = this.#work().finally(() => {
      this.#running = null
    })
  }

  /** As `wake`, looking at all blobs again: what was known of some has been forgotten. */
  restart(): void {
    this.#restarts++
    this.#upTo = 0
    this.wake()
  }

  /** Does at once all that waits. @throws what kept it from being done */
  async catchUp(): Promise<void> {
    while (!this.#pause.isClosed) if (await this.#round()) return
  }

  /** Ends after what is under way now. Calling it twice is fine. */
  async close(): Promise<void> {
    this.#pause.close()
    await this.#running
  }

  async #work(): Promise<void> {
    const { clock, delay } = this.#parts
    await this.#pause.sleep(delay)
    this.#isFlowing = false
    try {
      while (this.#isWoken && !this.#pause.isClosed) {
        this.#isWoken = false
        for (let isDone = false; !isDone && !this.#pause.isClosed; ) {
          const begin = clock.now()
          isDone = await this.#round()
          await this.#rest(begin)
        }
      }
    } catch (error) {
      // The disk refuses, or the store is closing: the next message that comes, or the next start, wakes it again.
      if (!this.#pause.isClosed && !(error instanceof StoreError)) this.#parts.onFault(error)
    }
  }

  /** Not when no mail came during the round that began at `begin`, nor during the rest before it. */
  async #rest(begin: number): Promise<void> {
    const flows = this.#isFlowing
    this.#isFlowing = false
    if (!flows) this.#flowsSince = null
    else await this.#pause.sleep(this.#restAfter(begin))
  }

  #restAfter(begin: number): number {
    const { clock, restFactor, longestRound, burst } = this.#parts
    const now = clock.now()
    const since = Math.min(this.#flowsSince ?? begin, now)
    this.#flowsSince = since
    const worked = Math.min(Math.max(now - begin, 0), longestRound)
    const usual = worked * restFactor
    if (now - since >= burst.longest) return usual
    return Math.max(usual, Math.min(worked * burst.restFactor, burst.longestRest))
  }

  /** @returns whether nothing more waits */
  async #round(): Promise<boolean> {
    const restarts = this.#restarts
    const { blobs, upTo, isLast } = await this.#parts.findPending(this.#upTo)
    if (blobs.length > 0) await this.#parts.record(await this.#extract(blobs))
    if (restarts !== this.#restarts) return false
    this.#upTo = Math.max(this.#upTo, upTo)
    return isLast
  }

  /** If some of `blobs` kills those who look at it, each is tried alone, and that one has failed for good. */
  async #extract(blobs: readonly number[]): Promise<readonly Extraction[]> {
    try {
      return (await this.#parts.extract(blobs)).filter((extraction) => extraction !== null)
    } catch (error) {
      if (this.#pause.isClosed || !(error instanceof DeadlyRead)) throw error
      const [blob] = blobs
      if (blob !== undefined && blobs.length === 1) return [failure(blob, error)]
      return (await inTurn(blobs, (one) => this.#extract([one]))).flat()
    }
  }
}

async function inTurn<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const one of all) results.push(await work(one))
  return results
}

const failure = (blob: number, { message }: DeadlyRead): Extraction => ({
  blob,
  failed: message,
  attachments: [],
  text: { kind: 'unwanted' },
})
