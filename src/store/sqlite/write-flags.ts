/** Flags and expunges, inside the writer's transactions. */
import type { AccountId, MailboxId, ModSeq, Uid } from '../../core/ids.js'
import { FLAG, type Flags, type MessageEntry } from '../changes.js'
import type { Effects } from '../ops.js'
import type { FlagMode } from '../store.js'
import { readEntry } from './entries.js'
import { encodeKeywords, namesOf, readKeywords } from './keyword-list.js'
import { noSuchMailbox } from './refusals.js'
import { releaseBlob } from './write-blob.js'
import type { Apply, WriteContext } from './write-context.js'
import { countOut } from './write-counters.js'
import { Keywords } from './write-keywords.js'
import { ALL_FLAGS } from './write-mail.js'
import { giveBack } from './write-quota.js'

interface BoxRow {
  readonly account: AccountId
  readonly modseq: ModSeq
  readonly deleted: number
}

function readBox(cx: WriteContext, mailbox: MailboxId): BoxRow {
  const box = cx.sql.get<BoxRow>('SELECT account, highest_modseq AS modseq, deleted FROM mailbox WHERE id = ?', mailbox)
  if (box === undefined) throw noSuchMailbox(mailbox)
  return box
}

interface Step {
  readonly before: MessageEntry
  readonly after: MessageEntry
}

export const setFlags: Apply<'set-flags'> = (cx, { mailbox, uids, mode, flags, origin, silent }, effects) => {
  const box = readBox(cx, mailbox)
  const modseq = (box.modseq + 1) as ModSeq
  const keywords = new Keywords(cx, mailbox)
  const steps = uids.flatMap((uid): Step[] => {
    const before = readEntry(cx.sql, mailbox, uid, keywords.names)
    return before === null ? [] : [{ before, after: changeFlags(cx, mailbox, before, modseq, mode, flags, keywords) }]
  })
  const changed = steps.filter(({ before, after }) => before !== after)
  if (changed.length > 0) {
    recount(cx, mailbox, modseq, changed)
    const entries = changed.map(({ after }) => after)
    effects.changes.push({ account: box.account, change: { type: 'flags', mailbox, entries, origin, silent } })
  }
  return steps.map(({ after }) => after)
}

/** @returns `before` itself when the flags stay as they are */
function changeFlags(
  cx: WriteContext,
  mailbox: MailboxId,
  before: MessageEntry,
  modseq: ModSeq,
  mode: FlagMode,
  flags: Flags,
  keywords: Keywords,
): MessageEntry {
  const system = combineSystem(before.system, mode, flags.system & ALL_FLAGS)
  const positions = combineKeywords(keywords, before.keywords, mode, flags.keywords)
  const same = system === before.system && sameList(positions, keywords.find(before.keywords))
  if (same) return before
  const encoded = encodeKeywords(positions)
  cx.sql.run(
    'UPDATE message_flags SET modseq = ?, system = ?, keywords = ? WHERE mailbox = ? AND uid = ?',
    modseq,
    system,
    encoded,
    mailbox,
    before.uid,
  )
  return { ...before, modseq, system, keywords: namesOf(encoded, keywords.names) }
}

const combineSystem = (before: number, mode: FlagMode, given: number): number =>
  mode === 'set' ? given : mode === 'add' ? before | given : before & ~given

function combineKeywords(
  keywords: Keywords,
  before: readonly string[],
  mode: FlagMode,
  given: readonly string[],
): number[] {
  if (mode === 'set') return keywords.add(given)
  if (mode === 'add') return keywords.add([...before, ...given])
  const gone = new Set(keywords.find(given))
  return keywords.find(before).filter((position) => !gone.has(position))
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

function recount(cx: WriteContext, mailbox: MailboxId, modseq: ModSeq, steps: readonly Step[]): void {
  const grown = (flag: number): number =>
    steps.reduce((n, s) => n + Number((s.after.system & flag) !== 0) - Number((s.before.system & flag) !== 0), 0)
  cx.sql.run(
    'UPDATE mailbox SET highest_modseq = ?, unseen = unseen - ?, deleted = deleted + ? WHERE id = ?',
    modseq,
    grown(FLAG.seen),
    grown(FLAG.deleted),
    mailbox,
  )
}

export const expunge: Apply<'expunge'> = (cx, { mailbox, uids, after, limit, origin }, effects) => {
  const box = readBox(cx, mailbox)
  if (box.deleted === 0) return []
  const names = readKeywords(cx.sql, mailbox)
  const entries = (uids ?? deletedAfter(cx, mailbox, after, limit)).flatMap((uid) => {
    const entry = readEntry(cx.sql, mailbox, uid, names)
    return entry !== null && (entry.system & FLAG.deleted) !== 0 ? [entry] : []
  })
  if (entries.length === 0) return []
  removeMessages(cx, mailbox, entries, origin, effects)
  return entries.map(({ uid }) => uid)
}

/** For good: they are given back, and those who can see the mailbox hear of it. At least one. */
export function removeMessages(
  cx: WriteContext,
  mailbox: MailboxId,
  entries: readonly MessageEntry[],
  origin: string | null,
  effects: Effects,
): void {
  const { account, modseq } = countOut(cx, mailbox, entries)
  const charged = entries.filter((entry) => removeMessage(cx, mailbox, entry, modseq, effects))
  giveBack(cx, account, charged, effects)
  effects.changes.push({ account, change: { type: 'expunged', mailbox, modseq, entries, origin } })
}

const deletedAfter = (cx: WriteContext, mailbox: MailboxId, after: number, limit: number): Uid[] =>
  cx.sql
    .all<{ uid: Uid }>(
      'SELECT uid FROM message_flags WHERE mailbox = ? AND uid > ? AND system & ? ORDER BY uid LIMIT ?',
      mailbox,
      after,
      FLAG.deleted,
      limit,
    )
    .map((row) => row.uid)

/** @returns whether it was charged */
function removeMessage(
  cx: WriteContext,
  mailbox: MailboxId,
  { uid, blob }: MessageEntry,
  modseq: ModSeq,
  effects: Effects,
): boolean {
  const row = cx.sql.get<{ exempt: number }>(
    'DELETE FROM message WHERE mailbox = ? AND uid = ? RETURNING exempt',
    mailbox,
    uid,
  )
  cx.sql.run('DELETE FROM message_flags WHERE mailbox = ? AND uid = ?', mailbox, uid)
  cx.sql.run('INSERT INTO expunged (mailbox, modseq, uid) VALUES (?, ?, ?)', mailbox, modseq, uid)
  releaseBlob(cx, blob, effects)
  return row?.exempt === 0
}
