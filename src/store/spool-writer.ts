/** The spool: octets of one message go to memory while there is room for them, else to a file. */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { newId, type Random } from '../core/ids.js'
import { MessageIndexer } from '../message/structure.js'
import { StoreError } from './errors.js'
import type { SealedBlob, Spool } from './spool.js'
import type { StorageWatch } from './storage-watch.js'

/** Octets that wait for the next write to a spool file: one system call for several packets. */
const STAGING_OCTETS = 64 * 1024
const FIRST_OCTETS = 8 * 1024

/** Memory for messages that are arriving or wait for their commit, shared by all of the process. */
export class SpoolBudget {
  #left: number
  /** Paths of files of messages that are arriving or wait for their commit, from before each is made. */
  readonly files = new Set<string>()

  constructor(octets: number) {
    this.#left = octets
  }

  get left(): number {
    return this.#left
  }

  take(octets: number): boolean {
    if (octets > this.#left) return false
    this.#left -= octets
    return true
  }

  give(octets: number): void {
    this.#left += octets
  }
}

export interface SpoolOptions {
  /** Where the files go. */
  readonly folder: string
  readonly budget: SpoolBudget
  /** A message of so many octets is a file in any case. */
  readonly inlineOctets: number
  readonly random: Random
  readonly watch: StorageWatch
}

export class SpoolWriter implements Spool {
  readonly #options: SpoolOptions
  readonly #hash = createHash('sha256')
  #markedHash: Hash | null = null
  readonly #indexer = new MessageIndexer()
  #size = 0
  /** All octets while in memory; what is not yet written when there is a file. */
  #buffer = new Uint8Array(0)
  #used = 0
  /** Octets of the budget that #buffer stands for. */
  #granted = 0
  #file: SpoolFile | null = null
  #state: 'open' | 'writing' | 'sealed' | 'discarded' = 'open'

  constructor(options: SpoolOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#state !== 'open') throw new Error(`a spool that is ${this.#state} takes no octets`)
    if (!this.#fits(chunk.length)) return this.#writeSlowly(chunk)
    this.#absorb(chunk)
    this.#copy(chunk)
  }

  mark(): void {
    this.#markedHash = createHash('sha256')
  }

  async seal(): Promise<SealedBlob> {
    if (this.#state !== 'open') throw new Error(`a spool that is ${this.#state} cannot be sealed`)
    this.#state = 'sealed'
    try {
      const content = this.#file === null ? this.#sealMemory() : await this.#sealFile(this.#file)
      const index = this.#indexer.end()
      const sha256 = this.#hash.digest('hex')
      const { headerFields, keys } = this.#indexer
      const markedSha256 = this.#markedHash?.digest('hex') ?? null
      const discard = (): Promise<void> => this.discard()
      return { sha256, markedSha256, size: this.#size, index, keys, headerFields, content, discard }
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  async discard(): Promise<void> {
    this.#state = 'discarded'
    this.#buffer = new Uint8Array(0)
    this.#options.budget.give(this.#granted)
    this.#granted = 0
    if (this.#file !== null) await this.#remove(this.#file)
  }

  /** A file that the disk does not let go is nobody's any more: `store gc` or the next start removes it. */
  async #remove(file: SpoolFile): Promise<void> {
    try {
      await file.remove()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    } finally {
      this.#options.budget.files.delete(file.path)
    }
  }

  #absorb(octets: Uint8Array): void {
    this.#hash.update(octets)
    this.#markedHash?.update(octets)
    this.#indexer.push(octets)
    this.#size += octets.length
  }

  #copy(octets: Uint8Array): void {
    this.#buffer.set(octets, this.#used)
    this.#used += octets.length
  }

  /** True when `n` more octets have their place in memory. */
  #fits(n: number): boolean {
    const wanted = this.#used + n
    // Before the look at the buffer, which may be just as long as the first size that is a file.
    if (this.#file === null && wanted >= this.#options.inlineOctets) return false
    if (wanted <= this.#buffer.length) return true
    if (this.#file !== null) return false
    const size = Math.min(Math.max(FIRST_OCTETS, 2 ** Math.ceil(Math.log2(wanted))), this.#options.inlineOctets)
    if (!this.#options.budget.take(size - this.#granted)) return false
    this.#granted = size
    this.#resize(size)
    return true
  }

  #resize(size: number): void {
    const old = this.#buffer
    this.#buffer = new Uint8Array(size)
    this.#buffer.set(old.subarray(0, this.#used))
  }

  async #writeSlowly(chunk: Uint8Array): Promise<void> {
    this.#state = 'writing'
    this.#file ??= await this.#moveToFile()
    for (let at = 0; at < chunk.length; at += STAGING_OCTETS) {
      const piece = chunk.subarray(at, at + STAGING_OCTETS)
      if (this.#used + piece.length > this.#buffer.length) await this.#flush(this.#file)
      if (this.#state !== 'writing') throw new Error('the spool was discarded while it was written')
      this.#absorb(piece)
      this.#copy(piece)
    }
    this.#state = 'open'
  }

  /** What is in memory so far becomes the beginning of a file; the budget gets its octets back. */
  async #moveToFile(): Promise<SpoolFile> {
    const { folder, random, watch, budget } = this.#options
    const name = newId(random, 24)
    budget.files.add(join(folder, name))
    const file = await SpoolFile.create(folder, name, watch).catch((error: unknown) => {
      budget.files.delete(join(folder, name))
      throw error
    })
    this.#file = file
    // Whoever discarded meanwhile knew of no file to remove.
    if (this.#state === 'discarded') await this.#remove(file)
    await this.#flush(file)
    this.#buffer = new Uint8Array(STAGING_OCTETS)
    this.#options.budget.give(this.#granted)
    this.#granted = 0
    return file
  }

  async #flush(file: SpoolFile): Promise<void> {
    await file.append(this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }

  /** An array that is exactly as long as the message, so that it can be handed to the writer. */
  #sealMemory(): SealedBlob['content'] {
    const bytes = this.#buffer.slice(0, this.#used)
    this.#buffer = new Uint8Array(0)
    this.#options.budget.give(this.#granted - bytes.length)
    this.#granted = bytes.length
    return { kind: 'memory', bytes }
  }

  async #sealFile(file: SpoolFile): Promise<SealedBlob['content']> {
    await this.#flush(file)
    this.#buffer = new Uint8Array(0)
    await file.finish()
    return { kind: 'file', path: file.path }
  }
}

/** One file in the spool folder. Whatever the file system says against it is 'unavailable': it may pass. */
class SpoolFile {
  readonly path: string
  readonly #folder: string
  readonly #watch: StorageWatch
  #handle: FileHandle | null = null

  private constructor(folder: string, name: string, watch: StorageWatch) {
    this.path = join(folder, name)
    this.#folder = folder
    this.#watch = watch
  }

  static async create(folder: string, name: string, watch: StorageWatch): Promise<SpoolFile> {
    const file = new SpoolFile(folder, name, watch)
    file.#handle = await file.#available(open(file.path, 'wx', 0o600))
    return file
  }

  async append(octets: Uint8Array): Promise<void> {
    const handle = this.#open()
    for (let at = 0; at < octets.length; ) at += (await this.#available(handle.write(octets, at))).bytesWritten
  }

  /** Makes the content survive a power cut and closes the file. */
  async finish(): Promise<void> {
    await this.#available(this.#open().sync())
    await this.#close()
    this.#watch.worked('write', 'spool')
  }

  async remove(): Promise<void> {
    await this.#close()
    await this.#available(rm(this.path, { force: true }))
  }

  #open(): FileHandle {
    if (this.#handle === null) throw new Error('the spool file is closed')
    return this.#handle
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    if (handle !== null) await this.#available(handle.close())
  }

  async #available<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause)
      this.#watch.failed({ trouble: 'refused', operation: 'write', place: 'spool', path: this.#folder, error })
      throw new StoreError('unavailable', `spool: ${error}`, { cause })
    }
  }
}
