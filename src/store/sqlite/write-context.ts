/** What every apply function works with, and how it reports what it did. */
import type { StoreLimits } from '../../core/limits.js'
import type { Effects, OpKind, OpOf, ResultOf } from '../ops.js'
import type { QuotaLimits } from '../quota.js'
import type { BlobFiles } from './blob-files.js'
import type { Statements } from './statements.js'

export interface WriteContext {
  readonly sql: Statements
  readonly files: BlobFiles
  readonly limits: StoreLimits
  /** Of users for whom none were set; a reload changes it. */
  usualQuota: QuotaLimits
}

/**
 * Does one operation inside the transaction of its batch, notes in `effects` what it means for others, and
 * throws StoreError to refuse. It may run again after having been undone.
 */
export type Apply<K extends OpKind> = (cx: WriteContext, op: OpOf<K>, effects: Effects) => ResultOf<K>
