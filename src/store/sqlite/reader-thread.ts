/** A reader thread: a read-only connection, and one job after the other off its port. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { StoreLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import { ColumnReader } from './column-reader.js'
import { openReader } from './connection.js'
import { faultOf } from './disk-refusal.js'
import { handedOver, isRefusal, type ReadContext, runJob } from './reader-jobs.js'
import type { FromReader, Job, ToReader } from './reader-messages.js'
import { Statements } from './statements.js'

function serve(port: MessagePort, { dir, limits }: { readonly dir: string; readonly limits: StoreLimits }): void {
  const sql = new Statements(openReader(dir))
  const cx: ReadContext = { dir, limits, sql, columns: new ColumnReader(sql) }
  port.on('message', (message: ToReader) => {
    if (message.kind === 'job') {
      const answered = answer(cx, message.job)
      const done = answered.kind === 'done' ? handedOver(message.job, answered.value) : []
      port.postMessage(answered, done)
    } else {
      cx.sql.db.close()
      port.close()
    }
  })
  const ready: FromReader = { kind: 'ready' }
  port.postMessage(ready)
}

function answer(cx: ReadContext, job: Job): FromReader {
  try {
    return { kind: 'done', value: runJob(cx, job) }
  } catch (error) {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    if (isRefusal(error)) return { kind: 'refused', detail: message, disk: faultOf(causeOf(error), 'read', cx.dir) }
    return { kind: 'fault', message, stack }
  }
}

/** A refusal of a file is told in the store's words, with the system's behind them. */
const causeOf = (error: unknown): unknown => (error instanceof StoreError ? error.cause : error)

if (parentPort !== null) serve(parentPort, workerData)
