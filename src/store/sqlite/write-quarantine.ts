/**
 * Takes damaged mail out of mailboxes and queue, inside the writer's transactions: first what is left of it goes to
 * DATA/quarantine, then its UID is expunged and announced like any other. The counters move with the rows.
 */
import { basename } from 'node:path'
import type { AccountId, MailboxId, ModSeq } from '../../core/ids.js'
import { FLAG, type MessageEntry } from '../changes.js'
import type { FixOf } from '../fixes.js'
import type { Effects } from '../ops.js'
import { blobPath } from './blob-files.js'
import { namesOf, readKeywords } from './keyword-list.js'
import { quarantineCopy, quarantineFile, quarantineOctets, quarantineRecord } from './quarantine.js'
import { forgetAttempt } from './write-attempt-texts.js'
import { hasBlob } from './write-blob.js'
import type { WriteContext } from './write-context.js'
import { Tally } from './write-destinations.js'
import { forgetExtraction } from './write-extraction.js'
import { giveBack } from './write-quota.js'

interface Row extends Omit<MessageEntry, 'system' | 'modseq' | 'keywords'> {
  readonly system: number | null
  readonly keywords: Buffer | null
  readonly exempt: number
}

interface Box {
  readonly account: AccountId
  readonly name: string
  readonly modseq: ModSeq
  readonly firstRecent: number
  readonly address: string | null
}

export function quarantineMessage(
  cx: WriteContext,
  { mailbox, uid, reason }: FixOf<'quarantine-message'>,
  effects: Effects,
): string | null {
  const row = cx.sql.get<Row>(
    `SELECT m.uid, m.blob, m.size, m.internal_date AS internalDate, m.internal_zone AS internalZone,
       f.system, f.keywords, m.exempt
     FROM message m LEFT JOIN message_flags f USING (mailbox, uid) WHERE m.mailbox = ? AND m.uid = ?`,
    mailbox,
    uid,
  )
  if (row === undefined) return null
  const box = readBox(cx, mailbox)
  const keywords = namesOf(row.keywords, readKeywords(cx.sql, mailbox))
  const content = keepContent(cx, row.blob)
  const { internalDate, internalZone, system } = row
  const where = { user: box?.address ?? null, mailbox: box?.name ?? null, mailbox_id: mailbox, uid }
  const record = { ...where, reason, flags: system ?? 0, keywords, internal_date: internalDate, zone: internalZone }
  const path = quarantineRecord(cx.files.dir, `${mailbox}-${uid}`, { ...record, size: row.size, ...content })
  takeOut(cx, mailbox, { ...row, system: system ?? 0, keywords }, row.system !== null, box, effects)
  if (row.exempt === 0 && box !== undefined) giveBack(cx, box.account, [row], effects)
  return `message ${uid} of mailbox ${mailbox} (${where.user ?? 'no user'}, ${where.mailbox ?? 'no mailbox'}) moved to ${path}: ${reason}`
}

const readBox = (cx: WriteContext, mailbox: MailboxId): Box | undefined =>
  cx.sql.get<Box>(
    `SELECT b.account, b.name, b.highest_modseq + 1 AS modseq, b.first_recent AS firstRecent, a.address
     FROM mailbox b LEFT JOIN account a ON a.id = b.account WHERE b.id = ?`,
    mailbox,
  )

/** `flagged`: it has a row of flags. Without one it counts neither as unseen nor as deleted. */
function takeOut(
  cx: WriteContext,
  mailbox: MailboxId,
  entry: Omit<MessageEntry, 'modseq'>,
  flagged: boolean,
  box: Box | undefined,
  effects: Effects,
): void {
  const { uid, blob, size, system } = entry
  cx.sql.run('DELETE FROM message WHERE mailbox = ? AND uid = ?', mailbox, uid)
  cx.sql.run('DELETE FROM message_flags WHERE mailbox = ? AND uid = ?', mailbox, uid)
  cx.sql.run('UPDATE blob SET refs = max(refs - 1, 0) WHERE id = ?', blob)
  if (box === undefined) return
  cx.sql.run(
    `UPDATE mailbox SET highest_modseq = ?, messages = messages - 1, size = size - ?, unseen = unseen - ?,
       deleted = deleted - ?, recent = recent - ? WHERE id = ?`,
    box.modseq,
    size,
    Number(flagged && (system & FLAG.seen) === 0),
    Number(flagged && (system & FLAG.deleted) !== 0),
    Number(uid >= box.firstRecent),
    mailbox,
  )
  cx.sql.run('INSERT OR IGNORE INTO expunged (mailbox, modseq, uid) VALUES (?, ?, ?)', mailbox, box.modseq, uid)
  const { account, modseq } = box
  const entries = [{ ...entry, modseq }]
  effects.changes.push({ account, change: { type: 'expunged', mailbox, modseq, entries, origin: null } })
}

interface QueuedRow {
  readonly destination: string
  readonly status: string
  readonly attempt: number | null
}

function uncount(cx: WriteContext, recipients: readonly QueuedRow[]): void {
  const tally = new Tally()
  for (const { destination, status } of recipients)
    tally.add(destination, { pending: status === 'pending' ? -1 : 0, held: status === 'held' ? -1 : 0 })
  tally.write(cx)
}

/** A message that waits to be sent, with its recipients. */
export function quarantineQueued(cx: WriteContext, { id, reason }: FixOf<'quarantine-queued'>): string | null {
  const message = cx.sql.get<{ readonly blob: number }>('SELECT * FROM queue_message WHERE id = ?', id)
  if (message === undefined) return null
  const recipients = cx.sql.all<QueuedRow>('SELECT * FROM queue_recipient WHERE message = ?', id)
  const content = keepContent(cx, message.blob)
  const path = quarantineRecord(cx.files.dir, `queue-${id}`, { reason, ...content, message, recipients })
  cx.sql.run('DELETE FROM queue_recipient WHERE message = ?', id)
  cx.sql.run('DELETE FROM queue_message WHERE id = ?', id)
  for (const { attempt } of recipients) if (attempt !== null) forgetAttempt(cx, attempt)
  uncount(cx, recipients)
  cx.sql.run('UPDATE blob SET refs = max(refs - 1, 0) WHERE id = ?', message.blob)
  return `queue entry ${id} moved to ${path}: ${reason}`
}

export function quarantineBlob(cx: WriteContext, { blob, reason }: FixOf<'quarantine-blob'>): string | null {
  const row = cx.sql.get<{ sha256: Buffer; refs: number }>('SELECT sha256, refs FROM blob WHERE id = ?', blob)
  if (row === undefined || row.refs !== 0) return null
  const { octets } = keepContent(cx, blob)
  cx.sql.run('DELETE FROM blob_content WHERE blob = ?', blob)
  cx.sql.run('DELETE FROM blob_index WHERE blob = ?', blob)
  cx.sql.run('DELETE FROM blob_keys WHERE blob = ?', blob)
  forgetExtraction(cx.sql, blob)
  cx.sql.run('DELETE FROM blob WHERE id = ?', blob)
  cx.files.doubt(row.sha256.toString('hex'))
  return octets === null
    ? `blob ${blob} removed, nothing was left of it: ${reason}`
    : `content of blob ${blob} moved to ${octets}: ${reason}`
}

interface Kept {
  readonly sha256: string | null
  /** Where the octets are now, or null when there were none. */
  readonly octets: string | null
}

/** Whatever there is of the octets; they are still in the data until the commit. */
function keepContent(cx: WriteContext, blob: number): Kept {
  const { dir } = cx.files
  const row = cx.sql.get<{ sha256: Buffer | null; octets: Buffer | null }>(
    `SELECT (SELECT sha256 FROM blob b WHERE b.id = wanted) AS sha256,
       (SELECT octets FROM blob_content c WHERE c.blob = wanted) AS octets
     FROM (SELECT ? AS wanted)`,
    blob,
  )
  const sha256 = row?.sha256?.toString('hex') ?? null
  const name = sha256 ?? `blob-${blob}`
  if (row?.octets) return { sha256, octets: quarantineOctets(dir, name, row.octets) }
  return { sha256, octets: sha256 === null ? null : quarantineCopy(dir, blobPath(dir, sha256), `${name}.eml`) }
}

export function quarantineOrphan(cx: WriteContext, { path }: FixOf<'quarantine-file'>): string | null {
  // Since the check looked, a message with this content may have come.
  if (hasBlob(cx, basename(path))) return null
  const to = quarantineFile(cx.files.dir, path)
  return to === null ? null : `${path} moved to ${to}: it belongs to no message`
}

/** A row that names another that is not there, with all it holds. */
export function dropRow(cx: WriteContext, { table, key }: FixOf<'drop-row'>): string | null {
  const columns = Object.keys(key)
  const where = columns.map((column) => `"${column}" = ?`).join(' AND ')
  const row = cx.sql.get<object>(`SELECT * FROM "${table}" WHERE ${where}`, ...Object.values(key))
  if (row === undefined) return null
  const named = columns.map((column) => `${column} ${key[column]}`).join(', ')
  const name = `row-${table}-${Object.values(key).join('-')}`.replace(/[^\w.@-]/g, '_').slice(0, 200)
  const path = quarantineRecord(cx.files.dir, name, { table, row })
  cx.sql.run(`DELETE FROM "${table}" WHERE ${where}`, ...Object.values(key))
  return `row of ${table} with ${named} moved to ${path}: what it belongs to is not there`
}
