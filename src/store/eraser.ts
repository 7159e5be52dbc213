/**
 * Decides when content that lost its last reference may be forgotten: once no subscription holds its
 * 'expunged' and nobody is reading it. Whether it really has no reference then is the writer's to say.
 */
import type { Clock } from '../core/clock.js'
import type { BlobId } from '../core/ids.js'
import { StoreError } from './errors.js'
import { Holds } from './feed.js'

/** A disk that refuses is asked again after so long: it may be full for hours, and asking costs a commit. */
const RETRY_MS = 30_000

export class Eraser {
  readonly holds: Holds
  /** Without a reference when last heard of. */
  readonly #unreferenced = new Set<BlobId>()
  readonly #erase: (blobs: readonly BlobId[]) => Promise<unknown>
  readonly #limit: number
  #due: BlobId[] = []
  #erasing = false
  #paused = false
  readonly #after: Clock['after']
  #cancelRetry: (() => void) | null = null

  /** `erase` is called with at most `limit` blobs, and not again before it is done. */
  constructor(limit: number, after: Clock['after'], erase: (blobs: readonly BlobId[]) => Promise<unknown>) {
    this.#after = after
    this.#limit = limit
    this.#erase = erase
    this.holds = new Holds((blob) => {
      if (this.#unreferenced.has(blob)) this.#enqueue(blob)
    })
  }

  /** Call after the changes of the same commit are published, so that those who hold them are counted. */
  add(unreferenced: readonly BlobId[]): void {
    for (const blob of unreferenced) {
      this.#unreferenced.add(blob)
      if (!this.holds.has(blob)) this.#enqueue(blob)
    }
  }

  /** What waits for a disk that refused is left to the next start. */
  close(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = null
    this.#due = []
  }

  /** Nothing is handed to the writer from now on. What was handed to it before may still be under way. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#start()
  }

  /** What is let go in one turn of the loop is erased together. */
  #enqueue(blob: BlobId): void {
    this.#unreferenced.delete(blob)
    this.#due.push(blob)
    this.#start()
  }

  #start(): void {
    if (this.#erasing || this.#paused || this.#cancelRetry !== null || this.#due.length === 0) return
    this.#erasing = true
    queueMicrotask(() => void this.#run())
  }

  async #run(): Promise<void> {
    while (this.#due.length > 0 && !this.#paused) {
      const blobs = this.#due.splice(0, this.#limit)
      try {
        await this.#erase(blobs)
      } catch (error) {
        // A store that closes takes nothing any more; the next start erases what has no references.
        if (!(error instanceof StoreError)) continue
        this.#due.push(...blobs)
        this.#retry()
        break
      }
    }
    this.#erasing = false
  }

  #retry(): void {
    this.#cancelRetry = this.#after(RETRY_MS, () => {
      this.#cancelRetry = null
      this.#start()
    })
  }
}
