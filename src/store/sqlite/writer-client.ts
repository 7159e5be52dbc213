/** The protocol thread's end of the writer thread: hands over operations, settles them when they are on disk. */
import { Worker } from 'node:worker_threads'
import type { StoreLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import type { BlobData, Effects, OpKind, OpOf, Outcome, ResultOf, WriteOp } from '../ops.js'
import type { StoragePlace } from '../storage-health.js'
import type { StorageWatch } from '../storage-watch.js'
import type { Numbered } from './group-commit.js'
import { errorOf } from './thread-error.js'
import { workerUrl } from './worker-url.js'
import type { FromWriter, ToWriter } from './writer-messages.js'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** What it has written to when it is done. */
  readonly writes: readonly StoragePlace[]
}

/** `transaction`: the number of its first operation. `duration` in milliseconds. */
export interface Commit {
  readonly transaction: number
  readonly duration: number
}

export interface WriterOptions {
  readonly dir: string
  readonly limits: StoreLimits
  readonly watch: StorageWatch
  /** After each commit, before any of its operations settles. */
  readonly onCommitted: (effects: Effects, commit: Commit) => void
  /** The thread has died: every write fails from now on. */
  readonly onFault: (error: Error) => void
}

export class WriterClient {
  readonly #worker: Worker
  readonly #options: WriterOptions
  readonly #waiting = new Map<number, Waiting>()
  #outbox: Numbered[] = []
  #nextId = 1
  #closing = false
  /** Why no more operations are taken. */
  #stopped: Error | null = null
  readonly #exited: Promise<void>
  readonly #ready: Promise<unknown>
  #starting: Waiting | null = null

  /** Resolves when the thread has opened the database. */
  static async start(options: WriterOptions): Promise<WriterClient> {
    const client = new WriterClient(options)
    await client.#ready
    return client
  }

  private constructor(options: WriterOptions) {
    this.#options = options
    const { dir, limits } = options
    this.#worker = new Worker(workerUrl(import.meta.url, './writer.js'), { workerData: { dir, limits } })
    this.#ready = new Promise((resolve, reject) => {
      this.#starting = { resolve, reject, writes: [] }
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        if (!this.#closing || this.#waiting.size > 0) this.#fail(new Error(`the writer thread ended with code ${code}`))
        resolve()
      })
    })
    this.#worker.on('message', (message: FromWriter) => this.#receive(message))
    this.#worker.on('error', (thrown) => this.#fail(errorOf(thrown)))
  }

  /** Operations of one turn of the loop travel in one message. @throws StoreError for what is refused */
  submit<K extends OpKind>(op: OpOf<K>): Promise<ResultOf<K>> {
    return this.#request(placesOf(op as unknown as WriteOp, this.#options.limits), (id) => {
      if (this.#outbox.length === 0) queueMicrotask(() => this.#flush())
      // An OpOf<K> is a WriteOp for every K, which the compiler cannot see while K is open.
      this.#outbox.push({ id, op: op as unknown as WriteOp })
    }) as Promise<ResultOf<K>>
  }

  /** Reads or sets a pragma of the write connection. */
  pragma(pragma: string): Promise<unknown> {
    return this.#request([], (id) => this.#post({ kind: 'pragma', id, pragma }))
  }

  /** Finishes what was submitted, then ends the thread. Calling it twice is fine. */
  async close(): Promise<void> {
    this.#flush()
    this.#closing = true
    this.#stopped ??= new Error('the store is closed')
    this.#post({ kind: 'close' })
    await this.#exited
  }

  /** Ends the thread without warning, as a crash would. For tests. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #request(writes: readonly StoragePlace[], send: (id: number) => void): Promise<unknown> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, writes })
      send(id)
    })
  }

  #flush(): void {
    const ops = this.#outbox
    if (ops.length === 0) return
    this.#outbox = []
    try {
      this.#post({ kind: 'ops', ops }, [...new Set(ops.flatMap(({ op }) => buffersOf(op)))])
    } catch (error) {
      for (const { id } of ops) this.#take(id)?.reject(error as Error)
    }
  }

  #post(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'ready') this.#isReady()
    else if (message.kind === 'pragma') this.#take(message.id)?.resolve(message.value)
    else {
      const { ids, effects, duration } = message
      this.#options.onCommitted(effects, { transaction: ids[0] ?? 0, duration })
      message.ids.forEach((id, i) => {
        const outcome = message.outcomes[i]
        if (outcome !== undefined) this.#settle(this.#take(id), outcome)
      })
    }
  }

  #settle(waiting: Waiting | undefined, outcome: Outcome): void {
    const { watch } = this.#options
    if (outcome.kind === 'refused' && outcome.disk !== undefined) watch.failed(outcome.disk)
    if (outcome.kind === 'done') for (const place of waiting?.writes ?? []) watch.worked('write', place)
    settle(waiting, outcome)
  }

  #isReady(): void {
    this.#starting?.resolve(null)
    this.#starting = null
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  /** A thread that dies before it was ready is the starter's to hear of; later it is everybody's. */
  #fail(error: Error): void {
    const died = new Error(`the writer thread has died: ${error.message}`, { cause: error })
    for (const { reject } of this.#waiting.values()) reject(died)
    this.#waiting.clear()
    const known = this.#stopped !== null
    this.#stopped ??= died
    if (this.#starting !== null) this.#starting.reject(died)
    else if (!known) this.#options.onFault(died)
  }
}

function settle(waiting: Waiting | undefined, outcome: Outcome): void {
  if (outcome.kind === 'done') waiting?.resolve(outcome.value)
  else if (outcome.kind === 'refused') waiting?.reject(new StoreError(outcome.refusal, outcome.detail))
  else waiting?.reject(Object.assign(new Error(outcome.message), { stack: outcome.stack }))
}

/** Where an operation leaves its traces. Two leave none, so that they say nothing about the disk. */
function placesOf(op: WriteOp, { inlineBlobOctets }: StoreLimits): readonly StoragePlace[] {
  if (op.kind === 'barrier' || op.kind === 'set-usual-quota') return []
  const asFile = blobsOf(op).some(({ content, size }) => content.kind === 'file' && size >= inlineBlobOctets)
  return asFile ? ['database', 'blobs'] : ['database']
}

function blobsOf(op: WriteOp): readonly BlobData[] {
  return op.kind === 'accept' ? [op.blob] : op.kind === 'append' ? op.messages.map((m) => m.blob) : []
}

/** The memory that goes over to the writer rather than being copied: blob-data.ts makes each its own. */
function buffersOf(op: WriteOp): ArrayBuffer[] {
  return blobsOf(op).flatMap(({ content }) => (content.kind === 'memory' ? (content.bytes.buffer as ArrayBuffer) : []))
}
