/** Moving messages into another mailbox of the same account, or to the end of their own, inside the writer's transactions. */
import type { MailboxId, ModSeq, Uid } from '../../core/ids.js'
import type { MessageEntry } from '../changes.js'
import { readEntries, readListed } from './entries.js'
import { encodeKeywords, namesOf, readKeywords } from './keyword-list.js'
import { readTarget } from './read-target.js'
import type { Apply, WriteContext } from './write-context.js'
import { countIn, countOut } from './write-counters.js'
import { Keywords } from './write-keywords.js'

/** With all that belongs to them; they cost what they cost before. Each is in one of the two at every moment. */
export const moveMessages: Apply<'move-messages'> = (cx, { from, to, uids, limit, origin }, effects) => {
  const { uidValidity } = readTarget(cx.sql, from, to)
  const names = readKeywords(cx.sql, from)
  const entries = uids === null ? readEntries(cx.sql, from, 0, limit, names) : readListed(cx.sql, from, uids, names)
  if (entries.length === 0) return { uidValidity, from: [], to: [] }
  // Removed first: where the two are the same mailbox, what is added comes behind it.
  const { account, modseq } = countOut(cx, from, entries)
  const target = countIn(cx, to, entries)
  const keywords = new Keywords(cx, to)
  const first = target.uidNext - entries.length
  const moved = entries.map((entry, i): MessageEntry => {
    const uid = (first + i) as Uid
    return moveOne(cx, from, to, entry, { uid, modseq: target.modseq, keywords })
  })
  for (const { uid } of entries)
    cx.sql.run('INSERT INTO expunged (mailbox, modseq, uid) VALUES (?, ?, ?)', from, modseq, uid)
  effects.changes.push(
    { account, change: { type: 'expunged', mailbox: from, modseq, entries, origin } },
    { account, change: { type: 'added', mailbox: to, entries: moved, origin } },
  )
  return { uidValidity, from: entries.map(({ uid }) => uid), to: moved.map(({ uid }) => uid) }
}

function moveOne(
  cx: WriteContext,
  from: MailboxId,
  to: MailboxId,
  entry: MessageEntry,
  { uid, modseq, keywords }: { readonly uid: Uid; readonly modseq: ModSeq; readonly keywords: Keywords },
): MessageEntry {
  const positions = encodeKeywords(keywords.add(entry.keywords))
  cx.sql.run('UPDATE message SET mailbox = ?, uid = ? WHERE mailbox = ? AND uid = ?', to, uid, from, entry.uid)
  cx.sql.run(
    'UPDATE message_flags SET mailbox = ?, uid = ?, modseq = ?, keywords = ? WHERE mailbox = ? AND uid = ?',
    to,
    uid,
    modseq,
    positions,
    from,
    entry.uid,
  )
  return { ...entry, uid, modseq, keywords: namesOf(positions, keywords.names) }
}
