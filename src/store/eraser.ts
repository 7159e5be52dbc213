/**
 * Decides when content that lost its last reference may be forgotten: once no subscription holds its
 * 'expunged' and nobody is reading it. Whether it really has no reference then is the writer's to say.
 */
import type { BlobId } from '../core/ids.js'
import { Holds } from './feed.js'

export class Eraser {
  readonly holds: Holds
  /** Without a reference when last heard of. */
  readonly #unreferenced = new Set<BlobId>()
  readonly #erase: (blobs: readonly BlobId[]) => Promise<unknown>
  readonly #limit: number
  #due: BlobId[] = []
  #erasing = false
  #paused = false

  /** `erase` is called with at most `limit` blobs, and not again before it is done. */
  constructor(limit: number, erase: (blobs: readonly BlobId[]) => Promise<unknown>) {
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
    if (this.#erasing || this.#paused || this.#due.length === 0) return
    this.#erasing = true
    queueMicrotask(() => void this.#run())
  }

  async #run(): Promise<void> {
    while (this.#due.length > 0 && !this.#paused) {
      // If the disk refuses, or the store is closing, the next start erases what has no references.
      await this.#erase(this.#due.splice(0, this.#limit)).catch(() => {})
    }
    this.#erasing = false
  }
}
