/**
 * The protocol thread's end of the reader threads: long reads, one at a time in each thread, what is urgent before
 * what somebody waits for before what is done in the background, which never keeps anybody waiting: there is one
 * thread more while it has all others. Threads start when there is work. One that dies is replaced, and its job tried
 * once more; one that takes too long is ended.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.js'
import type { StoreLimits } from '../../core/limits.js'
import type { Log } from '../../core/log.js'
import { DeadlyRead } from '../errors.js'
import { readerDied } from '../events.js'
import type { StorageWatch } from '../storage-watch.js'
import { unavailable } from './disk-refusal.js'
import type { FromReader, Job, JobKind, JobOf, JobResult, ToReader } from './reader-messages.js'
import { errorOf } from './thread-error.js'
import { workerUrl } from './worker-url.js'

/** Most urgent first: opening a mailbox; a search; taking messages apart. */
const urgencies = ['first', 'usual', 'background'] as const
type Urgency = (typeof urgencies)[number]

interface Waiting {
  readonly job: Job
  readonly urgency: Urgency
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  deaths: number
}

interface Thread {
  readonly worker: Worker
  readonly exited: Promise<void>
  waiting: Waiting | null
  cancelDeadline: () => void
  /** It has begun to work: if it dies now, its job may be to blame. */
  isReady: boolean
  /** Why it ends, if it does. */
  reason: string
}

export interface ReaderPoolOptions {
  readonly dir: string
  readonly limits: StoreLimits
  readonly watch: StorageWatch
  readonly clock: Clock
  readonly log?: Log | undefined
  /** Of the thread; another one for tests. */
  readonly url?: URL
}

/** Deaths of a thread over one job, after which the job is given up: the first may have been bad luck. */
const DEATHS = 2

export class ReaderPool {
  readonly #options: ReaderPoolOptions
  readonly #threads = new Set<Thread>()
  readonly #queues: Readonly<Record<Urgency, Waiting[]>> = { first: [], usual: [], background: [] }
  #closed = false

  constructor(options: ReaderPoolOptions) {
    this.#options = options
  }

  /** How many threads there are. */
  get size(): number {
    return this.#threads.size
  }

  /**
   * @throws DeadlyRead when the job kills its thread or takes too long
   * @throws StoreError 'unavailable' when too many wait, the disk refuses, or no thread can be started
   */
  run<K extends JobKind>(
    job: JobOf<K>,
    { urgency = 'usual' }: { readonly urgency?: Urgency } = {},
  ): Promise<JobResult<K>> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'))
    const queue = this.#queues[urgency]
    if (queue.length >= this.#options.limits.waitingReads)
      return Promise.reject(unavailable('too many long reads wait already'))
    return new Promise<unknown>((resolve, reject) => {
      // A JobOf<K> is a Job for every K, which the compiler cannot see while K is open.
      queue.push({ job: job as unknown as Job, urgency, resolve, reject, deaths: 0 })
      this.#assign()
    }) as Promise<JobResult<K>>
  }

  /** What waits fails, what runs completes, then the threads end. Calling it twice is fine. */
  async close(): Promise<void> {
    this.#closed = true
    for (const urgency of urgencies)
      for (const { reject } of this.#queues[urgency].splice(0)) reject(new Error('the store is closed'))
    const threads = [...this.#threads]
    for (const { worker } of threads) post(worker, { kind: 'close' })
    await Promise.all(threads.map(({ exited }) => exited))
  }

  /** Ends all threads without warning, as a crash would. For tests. */
  async terminate(): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()))
  }

  #assign(): void {
    while (!this.#closed) {
      const urgency = urgencies.find((one) => this.#queues[one].length > 0)
      const thread = urgency === undefined ? null : this.#threadFor(urgency)
      const waiting = thread === null || urgency === undefined ? undefined : this.#queues[urgency].shift()
      if (thread === null || waiting === undefined) return
      this.#start(thread, waiting)
    }
  }

  /** One with nothing to do, or a new one if there may be more; null: it has to wait. */
  #threadFor(urgency: Urgency): Thread | null {
    const most = this.#options.limits.readerThreads
    const inBackground = [...this.#threads].filter(({ waiting }) => waiting?.urgency === 'background').length
    if (urgency === 'background' && inBackground >= most) return null
    for (const thread of this.#threads) if (thread.waiting === null) return thread
    const mayBe = urgency !== 'background' && inBackground >= most ? most + 1 : most
    return this.#threads.size < mayBe ? this.#newThread() : null
  }

  #newThread(): Thread {
    const { dir, limits, url = workerUrl(import.meta.url, './reader-thread.js') } = this.#options
    const worker = new Worker(url, {
      workerData: { dir, limits },
      resourceLimits: { maxOldGenerationSizeMb: limits.readerHeapMegabytes },
    })
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    const thread: Thread = {
      worker,
      exited,
      waiting: null,
      cancelDeadline: () => {},
      isReady: false,
      reason: 'it ended',
    }
    worker.once('exit', () => this.#ended(thread))
    worker.on('error', (thrown) => {
      thread.reason = errorOf(thrown).message
    })
    worker.on('message', (message: FromReader) => {
      if (message.kind === 'ready') thread.isReady = true
      else this.#answered(thread, message)
    })
    this.#threads.add(thread)
    return thread
  }

  #start(thread: Thread, waiting: Waiting): void {
    thread.waiting = waiting
    thread.cancelDeadline = this.#options.clock.after(this.#options.limits.longestRead, () => {
      waiting.deaths = DEATHS
      thread.reason = `it took more than ${this.#options.limits.longestRead} ms`
      void thread.worker.terminate()
    })
    post(thread.worker, { kind: 'job', job: waiting.job })
  }

  #answered(thread: Thread, message: Exclude<FromReader, { kind: 'ready' }>): void {
    const { waiting } = thread
    thread.waiting = null
    thread.cancelDeadline()
    if (message.kind === 'done') waiting?.resolve(message.value)
    else if (message.kind === 'refused') {
      if (message.disk !== null) this.#options.watch.failed(message.disk)
      waiting?.reject(unavailable(message.detail))
    } else waiting?.reject(Object.assign(new Error(message.message), { stack: message.stack }))
    this.#assign()
  }

  #ended(thread: Thread): void {
    const { waiting, reason } = thread
    const { log } = this.#options
    this.#threads.delete(thread)
    thread.cancelDeadline()
    if (!this.#closed && log !== undefined) readerDied(log, { job: waiting?.job.kind ?? null, error: reason })
    if (waiting !== null) this.#survive(waiting, thread)
    this.#assign()
  }

  /** The thread of `waiting` has died. */
  #survive(waiting: Waiting, { isReady, reason }: Thread): void {
    waiting.deaths++
    if (this.#closed) waiting.reject(unavailable('the store is closed'))
    else if (waiting.deaths >= DEATHS)
      waiting.reject(
        isReady
          ? new DeadlyRead(`a reader thread died of it: ${reason}`)
          : unavailable(`no reader thread can start: ${reason}`),
      )
    else this.#queues[waiting.urgency].unshift(waiting)
  }
}

const post = (worker: Worker, message: ToReader): void => worker.postMessage(message)
