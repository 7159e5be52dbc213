/** Recipients that failed for good, inside the writer's transactions: kept until their sender has been told. */
import type { BlobId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Effects } from '../ops.js'
import type { Settled } from '../store.js'
import { releaseBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'

/** @throws 'no-such-message' when they are not there any more: the report on them is stored already */
export function settle(cx: WriteContext, settled: Settled, effects: Effects): void {
  if (forget(cx, settled) < settled.recipients.length)
    throw new StoreError('no-such-message', `recipients of ${settled.message} are settled already`)
  releaseQueued(cx, settled.message, effects)
}

export const dropFailed: Apply<'drop-failed'> = (cx, { settled }, effects) => {
  if (forget(cx, settled) > 0) releaseQueued(cx, settled.message, effects)
  return null
}

/** @returns how many were there */
const forget = (cx: WriteContext, { message, recipients }: Settled): number =>
  recipients.reduce(
    (n, recipient) =>
      n +
      cx.sql.run(
        "DELETE FROM queue_recipient WHERE message = ? AND recipient = ? AND report = 'failed'",
        message,
        recipient,
      ),
    0,
  )

/** A message in the queue without recipients is no more. */
export function releaseQueued(cx: WriteContext, message: string, effects: Effects): void {
  const gone = cx.sql.get<{ blob: BlobId }>(
    `DELETE FROM queue_message WHERE id = ? AND NOT EXISTS (SELECT 1 FROM queue_recipient WHERE message = queue_message.id)
     RETURNING blob`,
    message,
  )
  if (gone !== undefined) releaseBlob(cx, gone.blob, effects)
}
