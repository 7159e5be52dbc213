/**
 * The writer thread: owns the one connection that writes. It takes operations off its port, commits all
 * that wait together, and answers each batch with one message.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.js'
import type { StoreLimits } from '../../core/limits.js'
import { applyBatch } from './apply-batch.js'
import { BlobFiles } from './blob-files.js'
import { openWriter } from './connection.js'
import { GroupCommit } from './group-commit.js'
import { usualQuotaOf } from './read-quota.js'
import { Statements } from './statements.js'
import type { WriteContext } from './write-context.js'
import type { FromWriter, ToWriter } from './writer-messages.js'

/** After so long without an operation a log of so many pages is brought into the database, so that no commit has to. */
const IDLE_MS = 100
const IDLE_PAGES = 1000

class WriterThread {
  readonly #port: MessagePort
  readonly #cx: WriteContext
  readonly #queue: GroupCommit
  #cancelCheckpoint: (() => void) | null = null
  #lastCommit = 0
  #closing = false

  constructor(port: MessagePort, { dir, limits }: { readonly dir: string; readonly limits: StoreLimits }) {
    this.#port = port
    this.#cx = {
      sql: new Statements(openWriter(dir)),
      files: new BlobFiles(dir),
      limits,
      usualQuota: usualQuotaOf(limits),
    }
    this.#queue = new GroupCommit(limits)
    port.on('message', (message: ToWriter) => this.#wake(message))
    this.#post({ kind: 'ready' })
  }

  /** Works until nothing waits, fetching what came meanwhile before each commit. */
  #wake(first: ToWriter): void {
    this.#receive(first)
    for (;;) {
      while (!this.#queue.full) {
        const more = receiveMessageOnPort(this.#port) as { readonly message: ToWriter } | undefined
        if (more === undefined) break
        this.#receive(more.message)
      }
      if (this.#queue.size === 0) break
      this.#commit()
    }
    if (this.#closing) this.#close()
    else this.#checkpointWhenIdle()
  }

  #receive(message: ToWriter): void {
    if (message.kind === 'ops') this.#queue.push(message.ops)
    else if (message.kind === 'close') this.#closing = true
    else this.#post({ kind: 'pragma', id: message.id, value: this.#cx.sql.db.pragma(message.pragma, { simple: true }) })
  }

  #commit(): void {
    const begin = systemClock.now()
    const batch = this.#queue.take()
    const { outcomes, effects } = applyBatch(
      this.#cx,
      batch.map(({ op }) => op),
    )
    this.#lastCommit = systemClock.now()
    this.#post({ kind: 'batch', ids: batch.map(({ id }) => id), outcomes, effects, duration: this.#lastCommit - begin })
  }

  #checkpointWhenIdle(): void {
    this.#cancelCheckpoint ??= systemClock.after(IDLE_MS, () => {
      this.#cancelCheckpoint = null
      if (systemClock.now() - this.#lastCommit < IDLE_MS) this.#checkpointWhenIdle()
      else this.#checkpoint()
    })
  }

  #checkpoint(): void {
    try {
      const [wal] = this.#cx.sql.all<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)')
      if (wal === undefined || wal.log - wal.checkpointed < IDLE_PAGES) return
      this.#cx.sql.all('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // A disk that refuses now refuses the next commit too, and that one is answered for.
    }
  }

  #close(): void {
    this.#cancelCheckpoint?.()
    this.#cx.sql.db.close()
    this.#port.close()
  }

  #post(message: FromWriter): void {
    this.#port.postMessage(message)
  }
}

if (parentPort !== null) new WriterThread(parentPort, workerData)
