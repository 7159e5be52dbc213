/**
 * Applies operations in one transaction, with one fsync. Each has its own savepoint: a refused one undoes
 * only itself. A fault undoes the whole batch, so nobody is told "stored" about what is not, and then the
 * operations run again one by one, so that a poisonous one fails alone. Not when an fsync failed: whoever tries
 * that again may be told "done" about pages that the system has thrown away (docs/decisions/022-failed-fsync.md).
 */
import { StoreError } from '../errors.js'
import type { Effects, Outcome, WriteOp } from '../ops.js'
import { faultOf, isSyncFailure } from './disk-refusal.js'
import { apply } from './write.js'
import { hasBlob } from './write-blob.js'
import type { WriteContext } from './write-context.js'
import { OverQuota } from './write-quota.js'

export interface Committed {
  readonly outcomes: readonly Outcome[]
  readonly effects: Effects
}

export function applyBatch(cx: WriteContext, ops: readonly WriteOp[]): Committed {
  const committed = attempt(cx, ops)
  cx.files.sweep((sha256) => hasBlob(cx, sha256))
  return committed
}

function attempt(cx: WriteContext, ops: readonly WriteOp[]): Committed {
  try {
    return applyTogether(cx, ops)
  } catch (error) {
    undo(cx)
    if (ops.length === 1 || isSyncFailure(error))
      return { outcomes: ops.map(() => failure(cx, error)), effects: noEffects() }
    return ops.map((op) => attempt(cx, [op])).reduce(join)
  }
}

/** @throws what makes the thread end, when the connection does not let go of what failed: it is not to be trusted then */
function undo({ sql: { db } }: WriteContext): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK')
  } catch (error) {
    if (db.inTransaction) throw error
  }
}

function applyTogether(cx: WriteContext, ops: readonly WriteOp[]): Committed {
  const effects = noEffects()
  cx.sql.run('BEGIN IMMEDIATE')
  const outcomes = ops.map((op) => applyOne(cx, op, effects))
  cx.files.sync()
  cx.sql.run('COMMIT')
  return { outcomes, effects }
}

function applyOne(cx: WriteContext, op: WriteOp, effects: Effects): Outcome {
  const changes = effects.changes.length
  const unreferenced = effects.unreferenced.length
  const duties = effects.duties.length
  const notes = effects.notes.length
  const queued = effects.queued.length
  cx.sql.run('SAVEPOINT op')
  try {
    const value = apply(cx, op, effects)
    cx.sql.run('RELEASE op')
    return { kind: 'done', value }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    cx.sql.run('ROLLBACK TO op')
    cx.sql.run('RELEASE op')
    effects.changes.length = changes
    effects.unreferenced.length = unreferenced
    effects.duties.length = duties
    effects.notes.length = notes
    effects.queued.length = queued
    if (error instanceof OverQuota) effects.notes.push(...error.notes)
    return { kind: 'refused', refusal: error.refusal, detail: error.message }
  }
}

const noEffects = (): Effects => ({ changes: [], unreferenced: [], duties: [], notes: [], queued: [] })

const join = (a: Committed, b: Committed): Committed => ({
  outcomes: [...a.outcomes, ...b.outcomes],
  effects: {
    changes: [...a.effects.changes, ...b.effects.changes],
    unreferenced: [...a.effects.unreferenced, ...b.effects.unreferenced],
    duties: [...a.effects.duties, ...b.effects.duties],
    notes: [...a.effects.notes, ...b.effects.notes],
    queued: [...a.effects.queued, ...b.effects.queued],
  },
})

function failure({ files }: WriteContext, error: unknown): Outcome {
  if (error instanceof StoreError) return { kind: 'refused', refusal: error.refusal, detail: error.message }
  if (!(error instanceof Error)) return { kind: 'fault', message: String(error), stack: '' }
  const disk = faultOf(error, 'write', files.dir)
  if (disk !== null) return { kind: 'refused', refusal: 'unavailable', detail: error.message, disk }
  return { kind: 'fault', message: error.message, stack: error.stack ?? '' }
}
