/** The model's spool: all octets in one buffer, hashed and indexed at the end. */
import { createHash } from 'node:crypto'
import { MessageIndexer } from '../../src/message/structure.js'
import type { SealedBlob, Spool } from '../../src/store/spool.js'

const hex = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

export class ModelSpool implements Spool {
  #octets = Buffer.alloc(0)
  #markedAt: number | null = null

  get size(): number {
    return this.#octets.length
  }

  write(chunk: Uint8Array): void {
    this.#octets = Buffer.concat([this.#octets, chunk])
  }

  mark(): void {
    this.#markedAt = this.size
  }

  async seal(): Promise<SealedBlob> {
    const bytes = this.#octets
    const indexer = new MessageIndexer()
    indexer.push(bytes)
    const index = indexer.end()
    return {
      sha256: hex(bytes),
      markedSha256: this.#markedAt === null ? null : hex(bytes.subarray(this.#markedAt)),
      size: bytes.length,
      index,
      keys: indexer.keys,
      headerFields: indexer.headerFields,
      content: { kind: 'memory', bytes },
      discard: async () => {},
    }
  }

  async discard(): Promise<void> {}
}
