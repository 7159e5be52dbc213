/** EXPUNGE and UID EXPUNGE: messages marked \Deleted go for good. */
import { storeLimits } from '../../core/limits.js'
import { announce } from '../announce.js'
import { type Bare, parseBare } from '../bare.js'
import { type Completion, no, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { selectedUids } from '../selection.js'
import type { SequenceSet } from '../sets.js'

export type Expunge = Bare<'EXPUNGE'>
export interface UidExpunge {
  readonly name: 'UID EXPUNGE'
  readonly set: SequenceSet
}

const READ_ONLY = no('READ-ONLY', 'The mailbox is selected read-only')

/** uid-expunge = "UID" SP "EXPUNGE" SP sequence-set: RFC 4315 §4 */
const parseUidExpunge = (s: Scanner): UidExpunge => ({ name: 'UID EXPUNGE', set: s.sp().sequenceSet() })

/** Of those that the client knows of, and no others. */
async function uidExpunge({ store, view, out, origin }: SelectedContext, { set }: UidExpunge): Promise<Completion> {
  if (view.readOnly) return READ_ONLY
  const uids = await selectedUids(view, set, 'uid')
  for (let at = 0; at < uids.length; at += storeLimits.rowsPerWrite) {
    await store.expunge(view.mailbox.id, uids.slice(at, at + storeLimits.rowsPerWrite), origin)
    await announce(view, out, true)
  }
  return ok('UID EXPUNGE completed')
}

export const expungeCommands = {
  /** The client is told by way of the change feed, in one order with what others expunged. */
  EXPUNGE: selectedRow({
    rfc: 'RFC 3501 §6.4.3',
    numbers: 'renews',
    parse: parseBare('EXPUNGE'),
    async run({ store, view, origin }) {
      if (view.readOnly) return READ_ONLY
      await store.expunge(view.mailbox.id, null, origin)
      return ok('EXPUNGE completed')
    },
  }),
  'UID EXPUNGE': selectedRow({
    rfc: 'RFC 4315 §2.1',
    numbers: 'renews',
    parse: parseUidExpunge,
    run: uidExpunge,
  }),
}
