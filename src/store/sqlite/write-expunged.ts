/** Drops the oldest notes of expunged messages, inside the writer's transactions: a slice of one mailbox at a time. */
import type { Apply } from './write-context.js'

interface Place {
  readonly modseq: number
  readonly uid: number
}

/** A client that knows less than the floor hears that nobody knows, and looks for itself. */
export const forgetExpunged: Apply<'forget-expunged'> = ({ sql }, { mailbox, keep, limit }) => {
  const last = sql.get<Place>(
    'SELECT modseq, uid FROM expunged WHERE mailbox = ? ORDER BY modseq DESC, uid DESC LIMIT 1 OFFSET ?',
    mailbox,
    keep,
  )
  if (last === undefined) return 0
  const gone = sql.all<Place>(
    `DELETE FROM expunged WHERE mailbox = ? AND (modseq, uid) IN
       (SELECT modseq, uid FROM expunged WHERE mailbox = ? AND (modseq, uid) <= (?, ?) ORDER BY modseq, uid LIMIT ?)
     RETURNING modseq, uid`,
    ...[mailbox, mailbox, last.modseq, last.uid, limit],
  )
  const floor = gone.reduce((highest, { modseq }) => Math.max(highest, modseq), 0)
  sql.run('UPDATE mailbox SET expunged_floor = max(expunged_floor, ?) WHERE id = ?', floor, mailbox)
  return gone.length
}
