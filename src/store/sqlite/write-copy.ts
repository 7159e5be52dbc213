/** Copies of messages in a mailbox of the same account, and taking them back, inside the writer's transactions. */
import type { MailboxId, Uid } from '../../core/ids.js'
import type { MessageEntry } from '../changes.js'
import { StoreError } from '../errors.js'
import { readBetween, readListed } from './entries.js'
import { readKeywords } from './keyword-list.js'
import { emailId } from './object-ids.js'
import { readTarget } from './read-target.js'
import type { Apply, WriteContext } from './write-context.js'
import { removeMessages } from './write-flags.js'
import { addMessages, type Filed } from './write-mail.js'
import type { ThreadRow } from './write-threads.js'

/** All of `uids` that are there, or nothing; of a `part` until the last one is there. */
export const copyMessages: Apply<'copy-messages'> = (cx, { from, to, uids, whole, part, origin }, effects) => {
  const { uidValidity } = readTarget(cx.sql, from, to)
  const entries = readListed(cx.sql, from, uids, readKeywords(cx.sql, from))
  if (whole && entries.length < uids.length)
    throw new StoreError('no-such-message', `${uids.length - entries.length} messages of mailbox ${from} are gone`)
  const copies = entries.map((entry) => copyOf(cx, from, entry))
  const added = addMessages(cx, to, copies, origin, effects, { ahead: part?.ahead })
  const made = added.map(({ uid }) => uid)
  const copy = part === null ? null : noteSlice(cx, to, made, part.copy)
  if (part?.last === true) cx.sql.run('DELETE FROM unfinished_copy WHERE id = ?', copy)
  return { uidValidity, from: entries.map(({ uid }) => uid), to: made, copy }
}

/** It has the same content, counted once more, and costs what any message does. */
function copyOf(cx: WriteContext, from: MailboxId, { uid, blob, ...entry }: MessageEntry): Filed {
  const row = cx.sql.get<{ sha256: Buffer; thread: ThreadRow | null }>(
    `UPDATE blob SET refs = refs + 1 WHERE id = ?
     RETURNING sha256, (SELECT thread FROM message WHERE mailbox = ? AND uid = ?) AS thread`,
    blob,
    from,
    uid,
  )
  if (row === undefined) throw new StoreError('unavailable', `message ${uid} of mailbox ${from} has no content`)
  const { size, internalDate, internalZone } = entry
  const name = emailId(row.sha256.toString('hex'))
  return { blob, size, flags: entry, internalDate, internalZone, names: { thread: row.thread }, name }
}

/** @returns the number of the copy: that of the slices before, or one that none has */
function noteSlice(cx: WriteContext, mailbox: MailboxId, made: readonly Uid[], copy: number | null): number {
  const id = copy ?? cx.sql.get<{ id: number }>('SELECT max(id) + 1 AS id FROM unfinished_copy')?.id ?? 1
  const [first] = made
  const last = made.at(-1)
  if (first !== undefined && last !== undefined)
    cx.sql.run('INSERT INTO unfinished_copy (id, mailbox, first, last) VALUES (?, ?, ?, ?)', id, mailbox, first, last)
  return id
}

interface Slice {
  readonly mailbox: MailboxId
  readonly first: Uid
  readonly last: Uid
}

/** The last slice of a copy that was not completed; what others took out of it since is theirs. True: there are more. */
export const undoCopy: Apply<'undo-copy'> = (cx, { copy, origin }, effects) => {
  const slices = cx.sql.all<Slice>(
    'SELECT mailbox, first, last FROM unfinished_copy WHERE id = ? ORDER BY first DESC LIMIT 2',
    copy,
  )
  const [slice] = slices
  if (slice === undefined) return false
  cx.sql.run('DELETE FROM unfinished_copy WHERE id = ? AND first = ?', copy, slice.first)
  const there = cx.sql.get('SELECT 1 FROM mailbox WHERE id = ?', slice.mailbox) !== undefined
  const entries = there ? readBetween(cx.sql, slice, readKeywords(cx.sql, slice.mailbox)) : []
  if (entries.length > 0) removeMessages(cx, slice.mailbox, entries, origin, effects)
  return slices.length > 1
}
