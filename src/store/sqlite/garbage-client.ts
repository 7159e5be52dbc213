/** `store gc` as the protocol thread runs it: a thread finds, the writer takes away in small operations. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.js'
import type { BlobId, MailboxId } from '../../core/ids.js'
import type { StoreLimits } from '../../core/limits.js'
import { CareError, type Collected, type Freed } from '../care.js'
import type { Eraser } from '../eraser.js'
import type { Submit } from '../ops.js'
import type { SpoolBudget } from '../spool-writer.js'
import { isMissing } from './backup-copy.js'
import { spoolFolder } from './blob-files.js'
import type { Garbage } from './garbage.js'
import type { FromGarbage } from './garbage-thread.js'
import { errorOf, refusedBy } from './thread-error.js'
import { workerUrl } from './worker-url.js'

export interface CollectorParts {
  readonly dir: string
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly submit: Submit
  readonly eraser: Pick<Eraser, 'holds' | 'add'>
  readonly budget: SpoolBudget
  /** A backup copies what it has seen, so nothing may go meanwhile. */
  readonly backups: { readonly running: boolean }
}

const NOTHING: Freed = { count: 0, octets: 0 }

export class Collector {
  readonly #parts: CollectorParts
  #running = false

  constructor(parts: CollectorParts) {
    this.#parts = parts
  }

  get running(): boolean {
    return this.#running
  }

  /** @throws CareError */
  async collect({ dryRun }: { readonly dryRun: boolean }): Promise<Collected> {
    if (this.#parts.backups.running) throw new CareError('busy', 'a backup is being made: wait until it is done')
    if (this.#running) throw new CareError('busy', 'another "store gc" is at work: wait until it is done')
    this.#running = true
    try {
      const garbage = await this.#find()
      return await (dryRun ? this.#plan(garbage) : this.#take(garbage))
    } finally {
      this.#running = false
    }
  }

  async #find(): Promise<Garbage> {
    const { dir, clock, limits, submit } = this.#parts
    const workerData = { dir, until: clock.now() - limits.duplicateWindow, kept: limits.expungedPerMailbox }
    const worker = new Worker(workerUrl(import.meta.url, './garbage-thread.js'), { workerData })
    try {
      return await new Promise((resolve, reject) => {
        worker.on('error', (thrown) => reject(errorOf(thrown)))
        worker.on('exit', (code) => reject(new Error(`the search for garbage ended with code ${code}`)))
        worker.on('message', (message: FromGarbage) => {
          if (message.kind === 'found') resolve(message.garbage)
          else if (message.kind === 'refused') reject(refusedBy(message))
          else submit({ kind: 'barrier' }).then(() => worker.postMessage('go'), reject)
        })
      })
    } finally {
      await worker.terminate()
    }
  }

  async #plan({ blobs, files, doubtful, deliveries, expunged }: Garbage): Promise<Collected> {
    const { held, free } = this.#split(blobs)
    return {
      contents: { count: free.length, octets: free.reduce((sum, { octets }) => sum + octets, 0) },
      inUse: held.length,
      files: { count: files.length, octets: files.reduce((sum, { octets }) => sum + octets, 0) },
      doubtful,
      spool: await this.#clearSpool(true),
      deliveries,
      expunged: expunged.reduce((sum, { count }) => sum + count, 0),
    }
  }

  async #take({ blobs, files, doubtful, expunged }: Garbage): Promise<Collected> {
    const { submit, limits, clock, eraser } = this.#parts
    const { held, free } = this.#split(blobs)
    // They go when whoever reads them is done.
    eraser.add(held.map(({ id }) => id as BlobId))
    const ids = free.map(({ id }) => id as BlobId)
    const contents = await inSlices(ids, limits.rowsPerWrite, (slice) => submit({ kind: 'erase', blobs: slice }))
    const names = files.map(({ name }) => name)
    const taken = await inSlices(names, limits.rowsPerWrite, (slice) => submit({ kind: 'drop-files', names: slice }))
    let deliveries = 0
    for (;;) {
      const forgotten = await submit({ kind: 'forget-deliveries', until: clock.now() - limits.duplicateWindow })
      deliveries += forgotten
      if (forgotten < limits.rowsPerWrite) break
    }
    let noted = 0
    for (const { mailbox } of expunged) noted += await this.#forget(mailbox as MailboxId)
    const spool = await this.#clearSpool(false)
    return { contents, inUse: held.length, files: taken, doubtful, spool, deliveries, expunged: noted }
  }

  async #forget(mailbox: MailboxId): Promise<number> {
    const { submit, limits } = this.#parts
    const op = { mailbox, keep: limits.expungedPerMailbox, limit: limits.rowsPerWrite }
    for (let forgotten = 0; ; ) {
      const slice = await submit({ kind: 'forget-expunged', ...op })
      if (slice === 0) return forgotten
      forgotten += slice
    }
  }

  #split(blobs: Garbage['blobs']): { readonly held: Garbage['blobs']; readonly free: Garbage['blobs'] } {
    const isHeld = ({ id }: Garbage['blobs'][number]): boolean => this.#parts.eraser.holds.has(id as BlobId)
    return { held: blobs.filter(isHeld), free: blobs.filter((blob) => !isHeld(blob)) }
  }

  /** Files of messages that are arriving are known before they are made, so one that is not known is a leftover. */
  async #clearSpool(dryRun: boolean): Promise<Freed> {
    const { dir, budget } = this.#parts
    let { count, octets } = NOTHING
    for (const name of await readdir(spoolFolder(dir))) {
      const path = join(spoolFolder(dir), name)
      if (budget.files.has(path)) continue
      try {
        const { size } = await stat(path)
        if (!dryRun) await rm(path)
        count++
        octets += size
      } catch (error) {
        if (!isMissing(error)) throw new CareError('disk', error instanceof Error ? error.message : String(error))
      }
    }
    return { count, octets }
  }
}

/** Slices, each an operation of its own: nobody waits for the writer longer than one of them takes. */
async function inSlices<T>(
  all: readonly T[],
  size: number,
  take: (slice: readonly T[]) => Promise<Freed>,
): Promise<Freed> {
  let { count, octets } = NOTHING
  for (let at = 0; at < all.length; at += size) {
    const freed = await take(all.slice(at, at + size))
    count += freed.count
    octets += freed.octets
  }
  return { count, octets }
}
