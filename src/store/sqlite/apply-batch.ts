/**
 * Applies operations in one transaction, with one fsync. Each has its own savepoint: a refused one undoes
 * only itself. A fault undoes the whole batch, so nobody is told "stored" about what is not, and then the
 * operations run again one by one, so that a poisonous one fails alone.
 */
import { StoreError } from '../errors.js'
import type { Effects, Outcome, WriteOp } from '../ops.js'
import { isDiskRefusal } from './disk-refusal.js'
import { apply } from './write.js'
import { hasBlob } from './write-blob.js'
import type { WriteContext } from './write-context.js'

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
    if (cx.sql.db.inTransaction) cx.sql.run('ROLLBACK')
    if (ops.length === 1) return { outcomes: [failure(error)], effects: noEffects() }
    return ops.map((op) => attempt(cx, [op])).reduce(join)
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
    return { kind: 'refused', refusal: error.refusal, detail: error.message }
  }
}

const noEffects = (): Effects => ({ changes: [], unreferenced: [] })

const join = (a: Committed, b: Committed): Committed => ({
  outcomes: [...a.outcomes, ...b.outcomes],
  effects: {
    changes: [...a.effects.changes, ...b.effects.changes],
    unreferenced: [...a.effects.unreferenced, ...b.effects.unreferenced],
  },
})

function failure(error: unknown): Outcome {
  if (error instanceof StoreError) return { kind: 'refused', refusal: error.refusal, detail: error.message }
  if (!(error instanceof Error)) return { kind: 'fault', message: String(error), stack: '' }
  if (isDiskRefusal(error)) return { kind: 'refused', refusal: 'unavailable', detail: error.message }
  return { kind: 'fault', message: error.message, stack: error.stack ?? '' }
}
