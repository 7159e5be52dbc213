/** COPY and MOVE with their UID forms: messages of the selected mailbox into another one, or to its own end. */
import type { Uid } from '../../core/ids.js'
import { imapLimits, storeLimits } from '../../core/limits.js'
import type { Copied, Mailbox } from '../../store/store.js'
import { announce } from '../announce.js'
import { type Completion, no, ok, type ResponseCode } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { selectedUids } from '../selection.js'
import { formatSet, type SequenceSet } from '../sets.js'

interface Transfer<N extends string> {
  readonly name: N
  readonly set: SequenceSet
  readonly mailbox: string
}
export type Copy = Transfer<'COPY' | 'UID COPY'>
export type Move = Transfer<'MOVE' | 'UID MOVE'>

/** copy = "COPY" SP sequence-set SP mailbox: RFC 3501 §9; move alike: RFC 6851 §5 */
const parse =
  <N extends string>(name: N) =>
  (s: Scanner): Transfer<N> => ({ name, set: s.sp().sequenceSet(), mailbox: s.sp().mailbox() })

const uidsOf = ({ view }: SelectedContext, { name, set }: Copy | Move): Promise<Uid[]> =>
  selectedUids(view, set, name.startsWith('UID ') ? 'uid' : 'sequence')

const find = ({ store, account }: SelectedContext, { mailbox }: Copy | Move): Promise<Mailbox | null> =>
  store.findMailbox(account, mailbox)

/** RFC 4315 §3. null where a client could not be expected to read it. */
function copyUid({ uidValidity, from, to }: Copied): ResponseCode | null {
  const sets = `${uidValidity} ${formatSet(from)} ${formatSet(to)}`
  return sets.length > imapLimits.uidSets ? null : `COPYUID ${sets}`
}

const TRYCREATE = ['TRYCREATE', 'No such mailbox'] as const
const refusals = { 'no-such-mailbox': TRYCREATE }

/** All or nothing (RFC 3501 §6.4.7): a message that is gone is passed over only where its UID is asked for. */
async function copy(cx: SelectedContext, command: Copy): Promise<Completion> {
  const uids = await uidsOf(cx, command)
  const target = await find(cx, command)
  if (target === null) return no(...TRYCREATE)
  const options = { origin: cx.origin, whole: command.name === 'COPY' }
  const copied = await cx.store.copy(cx.view.mailbox.id, uids, target.id, options)
  if (copied.from.length === 0) return ok('No matching messages, so nothing was copied')
  return ok(`${command.name} completed`, copyUid(copied))
}

/** A slice after the other, each told before the next, so that a NO on the way leaves no doubt about what was moved. */
async function move(cx: SelectedContext, command: Move): Promise<Completion> {
  const uids = await uidsOf(cx, command)
  if (cx.view.readOnly) return no('READ-ONLY', 'The mailbox is selected read-only')
  const target = await find(cx, command)
  if (target === null) return no(...TRYCREATE)
  let moved = 0
  for (let at = 0; at < uids.length; at += storeLimits.rowsPerWrite) {
    cx.progress.report(at, uids.length)
    moved += await moveSlice(cx, uids.slice(at, at + storeLimits.rowsPerWrite), target)
  }
  if (moved < uids.length && command.name === 'MOVE') return no('EXPUNGEISSUED', 'Some of these messages are gone')
  return ok(moved === 0 ? 'No matching messages, so nothing was moved' : `${command.name} completed`)
}

/** COPYUID comes before EXPUNGE (RFC 6851 §4.3). @returns how many were there */
async function moveSlice({ store, view, out, origin }: SelectedContext, uids: Uid[], to: Mailbox): Promise<number> {
  const copied = await store.move(view.mailbox.id, uids, to.id, origin)
  const code = copyUid(copied)
  if (copied.from.length > 0 && code !== null) out.untagged(`OK [${code}] Moved`)
  await announce(view, out, true)
  return copied.from.length
}

export const copyCommands = {
  /** Clients send STORE and EXPUNGE behind it without waiting, so the numbers had better stay. */
  COPY: selectedRow({ rfc: 'RFC 3501 §6.4.7', numbers: 'uses', refusals, parse: parse('COPY'), run: copy }),
  'UID COPY': selectedRow({ rfc: 'RFC 3501 §6.4.8', numbers: 'renews', refusals, parse: parse('UID COPY'), run: copy }),
  MOVE: selectedRow({ rfc: 'RFC 6851 §3.1', numbers: 'renews', refusals, parse: parse('MOVE'), run: move }),
  'UID MOVE': selectedRow({ rfc: 'RFC 6851 §3.2', numbers: 'renews', refusals, parse: parse('UID MOVE'), run: move }),
}
