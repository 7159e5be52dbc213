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
  #due: BlobId[] = []

  constructor(erase: (blobs: readonly BlobId[]) => Promise<unknown>) {
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

  /** What is let go in one turn of the loop is erased together. */
  #enqueue(blob: BlobId): void {
    this.#unreferenced.delete(blob)
    if (this.#due.push(blob) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const due = this.#due
    this.#due = []
    // If the disk refuses, or the store is closing, the next start erases what has no references.
    this.#erase(due).catch(() => {})
  }
}
