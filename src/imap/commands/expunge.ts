/** EXPUNGE and UID EXPUNGE: messages marked \Deleted go for good. */
import type { Uid } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import { FLAG } from '../../store/changes.js'
import type { MailboxState } from '../../store/store.js'
import { announce } from '../announce.js'
import { type Bare, parseBare } from '../bare.js'
import { type Completion, no, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { turn } from '../pace.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { selectedUids } from '../selection.js'
import type { SequenceSet } from '../sets.js'

export type Expunge = Bare<'EXPUNGE'>
export interface UidExpunge {
  readonly name: 'UID EXPUNGE'
  readonly set: SequenceSet
}

/** Messages that are looked at in one go: some milliseconds. */
const LOOKED_AT = 10_000

const READ_ONLY = no('READ-ONLY', 'The mailbox is selected read-only')

/** uid-expunge = "UID" SP "EXPUNGE" SP sequence-set: RFC 4315 §4 */
const parseUidExpunge = (s: Scanner): UidExpunge => ({ name: 'UID EXPUNGE', set: s.sp().sequenceSet() })

/** Of those that the client knows of, and no others. */
async function uidExpunge(cx: SelectedContext, { set }: UidExpunge): Promise<Completion> {
  if (cx.view.readOnly) return READ_ONLY
  await expungeSlices(cx, await selectedUids(cx.view, set, 'uid'))
  return ok('UID EXPUNGE completed')
}

/** Each slice is told before the next, so that there is never more to tell than may wait. */
async function expungeSlices({ store, view, out, origin, progress }: SelectedContext, uids: Uid[]): Promise<void> {
  for (let at = 0; at < uids.length; at += storeLimits.rowsPerWrite) {
    progress.report(at, null)
    await store.expunge(view.mailbox.id, uids.slice(at, at + storeLimits.rowsPerWrite), origin)
    await announce(view, out, true)
  }
}

/** The client is told by way of the change feed, in one order with what others expunged. */
async function expunge(cx: SelectedContext): Promise<Completion> {
  const { store, view, origin } = cx
  if (view.readOnly) return READ_ONLY
  const { deleted } = await store.mailboxStatus(view.mailbox.id)
  if (deleted <= storeLimits.rowsPerWrite) await store.expunge(view.mailbox.id, null, origin)
  else await expungeSlices(cx, await deletedUids(view.state))
  return ok('EXPUNGE completed')
}

async function deletedUids(state: MailboxState): Promise<Uid[]> {
  const deleted: Uid[] = []
  for (const [i, uid] of state.uids.slice().entries()) {
    if (((state.entry(uid as Uid)?.system ?? 0) & FLAG.deleted) !== 0) deleted.push(uid as Uid)
    if (i % LOOKED_AT === LOOKED_AT - 1) await turn()
  }
  return deleted
}

export const expungeCommands = {
  EXPUNGE: selectedRow({ rfc: 'RFC 3501 §6.4.3', numbers: 'renews', parse: parseBare('EXPUNGE'), run: expunge }),
  'UID EXPUNGE': selectedRow({
    rfc: 'RFC 4315 §2.1',
    numbers: 'renews',
    parse: parseUidExpunge,
    run: uidExpunge,
  }),
}
