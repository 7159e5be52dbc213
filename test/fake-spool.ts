/** A spool in memory that shows what became of it, and fails on demand. */
import { createHash } from 'node:crypto'
import { MessageIndexer } from '../src/message/structure.js'
import type { SealedBlob, Spool } from '../src/store/spool.js'

const hex = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

export class FakeSpool implements Spool {
  /** What `write` throws, at once or in its promise. */
  failure: Error | null = null
  failsLater = false
  writes = 0
  sealed = false
  discarded = false
  #octets: Buffer[] = []
  #markedAt: number | null = null

  get size(): number {
    return this.bytes.length
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#octets)
  }

  get text(): string {
    return this.bytes.toString('latin1')
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.sealed || this.discarded) throw new Error('the spool takes no octets any more')
    this.writes += 1
    if (this.failure === null) this.#octets.push(Buffer.from(chunk))
    else if (this.failsLater) return Promise.reject(this.failure)
    else throw this.failure
  }

  mark(): void {
    this.#markedAt = this.size
  }

  async seal(): Promise<SealedBlob> {
    this.sealed = true
    const bytes = this.bytes
    const indexer = new MessageIndexer()
    indexer.push(bytes)
    const discard = (): Promise<void> => this.discard()
    const index = indexer.end()
    const { headerFields, keys } = indexer
    const markedSha256 = this.#markedAt === null ? null : hex(bytes.subarray(this.#markedAt))
    const content = { kind: 'memory', bytes } as const
    return { sha256: hex(bytes), markedSha256, size: bytes.length, index, keys, headerFields, content, discard }
  }

  async discard(): Promise<void> {
    this.discarded = true
  }
}
