/** What `store repair` does, inside the writer's transactions: one function for each kind of fix. */
import { StoreError } from '../errors.js'
import type { Fix, FixKind, FixOf } from '../fixes.js'
import type { Effects } from '../ops.js'
import { chargeOf } from '../quota.js'
import { writeKeys } from './message-keys.js'
import { insertMailbox, nextUidValidity } from './write-accounts.js'
import { insertIndex } from './write-blob.js'
import { makeBlobRow } from './write-blob-repair.js'
import type { Apply, WriteContext } from './write-context.js'
import { bodyRow, forgetAllExtractions, forgetExtraction, headerRow } from './write-extraction.js'
import { dropRow, quarantineBlob, quarantineMessage, quarantineOrphan, quarantineQueued } from './write-quarantine.js'
import { countDestination, mendAttempt, mendRecipient, mendReport } from './write-queue-repair.js'
import { countThread, leaveThread, mendMembers } from './write-thread-repair.js'

type Apply1<K extends FixKind> = (cx: WriteContext, fix: FixOf<K>, effects: Effects, at: number) => string | null

/** `said` when a row was changed. */
const changed = (rows: number, said: string): string | null => (rows === 0 ? null : said)

function countMailbox(cx: WriteContext, fix: FixOf<'count-mailbox'>): string | null {
  const { mailbox, messages, unseen, deleted, size, recent, firstRecent } = fix
  const rows = cx.sql.run(
    `UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, size = size + ?,
       recent = CASE WHEN first_recent = ? THEN recent + ? ELSE recent END WHERE id = ?`,
    messages,
    unseen,
    deleted,
    size,
    firstRecent,
    recent,
    mailbox,
  )
  const by = `messages, unseen, deleted, size, recent by ${[messages, unseen, deleted, size, recent].join(', ')}`
  return changed(rows, `mailbox ${mailbox}: corrected ${by}`)
}

function correctQuota(cx: WriteContext, { account, octets, messages }: FixOf<'quota'>): string | null {
  const rows = cx.sql.run(
    'UPDATE account SET quota_used = quota_used + ?, quota_count = quota_count + ? WHERE id = ?',
    octets,
    messages,
    account,
  )
  return changed(rows, `user ${account}: corrected what is charged by ${octets} octets and ${messages} messages`)
}

function correctRefs(cx: WriteContext, { blob, by }: FixOf<'refs'>, effects: Effects): string | null {
  const row = cx.sql.get<{ refs: number }>('UPDATE blob SET refs = refs + ? WHERE id = ? RETURNING refs', by, blob)
  if (row === undefined) return null
  if (row.refs === 0) effects.unreferenced.push(blob as never)
  return `blob ${blob}: corrected references by ${by} to ${row.refs}`
}

function raise(cx: WriteContext, { mailbox, uidNext, modseq }: FixOf<'raise'>): string | null {
  const rows = cx.sql.run(
    `UPDATE mailbox SET uid_next = max(uid_next, ?), highest_modseq = max(highest_modseq, ?)
     WHERE id = ? AND (uid_next < ? OR highest_modseq < ?)`,
    uidNext,
    modseq,
    mailbox,
    uidNext,
    modseq,
  )
  return changed(rows, `mailbox ${mailbox}: raised UIDNEXT to ${uidNext} and HIGHESTMODSEQ to ${modseq}, at least`)
}

/** A mailbox that shares its UIDVALIDITY with another gets a new one; its clients fetch it anew. */
function renewUidValidity(
  cx: WriteContext,
  { atLeast, renew }: FixOf<'uid-validity'>,
  _effects: Effects,
  at: number,
): string {
  cx.sql.run("INSERT OR IGNORE INTO counter VALUES ('uid_validity', 0)")
  cx.sql.run("UPDATE counter SET value = max(value, ?) WHERE name = 'uid_validity'", atLeast)
  for (const id of renew) cx.sql.run('UPDATE mailbox SET uid_validity = ? WHERE id = ?', nextUidValidity(cx, at), id)
  const renewed = renew.length === 0 ? '' : `; mailbox ${renew.join(', ')} got a new one`
  return `raised the last UIDVALIDITY to ${atLeast}, at least${renewed}`
}

/** With a new modseq, so that clients which resynchronise hear of it. */
function addFlags(cx: WriteContext, { mailbox, uid }: FixOf<'flags'>): string | null {
  const missing = cx.sql.get(
    `SELECT 1 FROM message m WHERE mailbox = ? AND uid = ?
       AND NOT EXISTS (SELECT 1 FROM message_flags f WHERE f.mailbox = m.mailbox AND f.uid = m.uid)`,
    mailbox,
    uid,
  )
  const box = cx.sql.get<{ modseq: number }>('SELECT highest_modseq + 1 AS modseq FROM mailbox WHERE id = ?', mailbox)
  if (missing === undefined || box === undefined) return null
  cx.sql.run('UPDATE mailbox SET highest_modseq = ?, unseen = unseen + 1 WHERE id = ?', box.modseq, mailbox)
  cx.sql.run('INSERT INTO message_flags VALUES (?, ?, ?, 0, NULL)', mailbox, uid, box.modseq)
  return `message ${uid} of mailbox ${mailbox}: its flags were lost, it has none now`
}

/** Leaves the keywords that the mailbox knows. */
function cleanKeywords(cx: WriteContext, { mailbox, uid }: FixOf<'keywords'>): string | null {
  const row = cx.sql.get<{ keywords: Buffer | null; known: number }>(
    `SELECT keywords, (SELECT count(*) FROM keyword k WHERE k.mailbox = f.mailbox) AS known
     FROM message_flags f WHERE mailbox = ? AND uid = ?`,
    mailbox,
    uid,
  )
  if (!row?.keywords) return null
  const kept = [...new Set(row.keywords)].filter((position) => position < row.known).sort((a, b) => a - b)
  cx.sql.run(
    'UPDATE message_flags SET keywords = ? WHERE mailbox = ? AND uid = ?',
    kept.length === 0 ? null : Uint8Array.from(kept),
    mailbox,
    uid,
  )
  return `message ${uid} of mailbox ${mailbox}: of its keywords ${[...row.keywords]} kept ${kept.length}`
}

/** A name that was lost gets one that says so: the others keep their places. */
function fillKeywords(cx: WriteContext, { mailbox }: FixOf<'keyword-list'>): string | null {
  const positions = cx.sql
    .all<{ position: number }>('SELECT position FROM keyword WHERE mailbox = ?', mailbox)
    .map(({ position }) => position)
  const there = new Set(positions)
  const lost = Array.from({ length: Math.max(0, ...positions) }, (_, i) => i).filter((i) => !there.has(i))
  for (const i of lost) cx.sql.run('INSERT INTO keyword VALUES (?, ?, ?)', mailbox, i, `lost-${i}`)
  return changed(lost.length, `mailbox ${mailbox}: keywords ${lost.join(', ')} lost their names`)
}

function correctMessageSize(cx: WriteContext, { mailbox, uid }: FixOf<'message-size'>): string | null {
  const row = cx.sql.get<{ was: number; is: number; exempt: number }>(
    `SELECT m.size AS was, b.size AS "is", m.exempt FROM message m JOIN blob b ON b.id = m.blob WHERE mailbox = ? AND uid = ?`,
    mailbox,
    uid,
  )
  if (row === undefined || row.was === row.is) return null
  cx.sql.run('UPDATE message SET size = ? WHERE mailbox = ? AND uid = ?', row.is, mailbox, uid)
  cx.sql.run('UPDATE mailbox SET size = size + ? WHERE id = ?', row.is - row.was, mailbox)
  if (row.exempt === 0) {
    cx.sql.run(
      'UPDATE account SET quota_used = quota_used + ? WHERE id = (SELECT account FROM mailbox WHERE id = ?)',
      chargeOf(row.is) - chargeOf(row.was),
      mailbox,
    )
  }
  return `message ${uid} of mailbox ${mailbox}: size ${row.was} corrected to ${row.is}`
}

const forgetExpunged = (cx: WriteContext, { mailbox, uid }: FixOf<'expunged'>): string | null =>
  changed(
    cx.sql.run(
      `DELETE FROM expunged WHERE mailbox = ? AND uid = ?
         AND EXISTS (SELECT 1 FROM message m WHERE m.mailbox = expunged.mailbox AND m.uid = expunged.uid)`,
      mailbox,
      uid,
    ),
    `message ${uid} of mailbox ${mailbox}: no longer noted as expunged`,
  )

function makeInbox(cx: WriteContext, { account }: FixOf<'inbox'>, effects: Effects, at: number): string | null {
  const known = cx.sql.get<{ address: string }>('SELECT address FROM account WHERE id = ?', account)
  if (known === undefined) return null
  try {
    insertMailbox(cx, account as never, { name: 'INBOX', specialUse: null }, true, at, effects)
  } catch (error) {
    if (error instanceof StoreError) return null
    throw error
  }
  return `user ${known.address}: made an INBOX`
}

const keepMailbox = (cx: WriteContext, { mailbox }: FixOf<'keep-mailbox'>): string | null =>
  changed(cx.sql.run('DELETE FROM removed_mailbox WHERE id = ?', mailbox), `mailbox ${mailbox}: is there and stays`)

const correctBlobSize = (cx: WriteContext, { blob, size }: FixOf<'blob-size'>): string | null =>
  changed(cx.sql.run('UPDATE blob SET size = ? WHERE id = ?', size, blob), `blob ${blob}: size corrected to ${size}`)

function replaceIndex(cx: WriteContext, { blob, index }: FixOf<'index'>): string | null {
  if (cx.sql.get('SELECT 1 FROM blob WHERE id = ?', blob) === undefined) return null
  cx.sql.run('DELETE FROM blob_index WHERE blob = ?', blob)
  insertIndex(cx, blob, index)
  // What was found by the old one, or could not be found.
  forgetExtraction(cx.sql, blob)
  return `blob ${blob}: index made again from its octets`
}

function replaceKeys(cx: WriteContext, { blob, keys }: FixOf<'keys'>): string | null {
  if (cx.sql.get('SELECT 1 FROM blob WHERE id = ?', blob) === undefined) return null
  cx.sql.run('DELETE FROM unkeyed WHERE blob = ?', blob)
  writeKeys(cx.sql, blob, keys)
  return `blob ${blob}: sort keys made again from its octets`
}

function takeApartAgain(cx: WriteContext, { blob }: FixOf<'extraction'>): string {
  forgetExtraction(cx.sql, blob)
  cx.sql.run('DELETE FROM attachment WHERE blob = ?', blob)
  cx.sql.run('DELETE FROM search_index WHERE rowid IN (?, ?)', headerRow(blob), bodyRow(blob))
  return `blob ${blob}: its attachments and its text are listed again in the background`
}

function makeSearchIndex(cx: WriteContext): string {
  forgetAllExtractions(cx.sql)
  return 'emptied the search index: it is filled again in the background, and searches look into every message until then'
}

const addDomainRow = (cx: WriteContext, { name }: FixOf<'domain'>, _: Effects, at: number): string | null =>
  changed(
    cx.sql.run('INSERT OR IGNORE INTO domain (name, created_at) VALUES (?, ?)', name, at),
    `domain ${name}: added again, with the settings of a new one`,
  )

function correctDomain(
  cx: WriteContext,
  { table, address }: FixOf<'address-domain'>,
  effects: Effects,
  at: number,
): string | null {
  const name = address.slice(address.lastIndexOf('@') + 1)
  addDomainRow(cx, { fix: 'domain', name }, effects, at)
  return changed(
    cx.sql.run(`UPDATE ${table} SET domain = ? WHERE address = ?`, name, address),
    `${address}: counted to the domain ${name}`,
  )
}

function removeAliasRow(cx: WriteContext, { address }: FixOf<'remove-alias'>): string | null {
  const targets = cx.sql.all<{ target: string }>('DELETE FROM alias_target WHERE alias = ? RETURNING target', address)
  const rows = cx.sql.run('DELETE FROM alias WHERE address = ?', address)
  const led = targets.length === 0 ? 'nowhere' : `to ${targets.map(({ target }) => target).join(', ')}`
  return changed(rows, `alias ${address}: removed; it led ${led}`)
}

function reindex(cx: WriteContext): string {
  cx.sql.run('REINDEX')
  return 'made the indexes of the database again'
}

const fixes: { readonly [K in FixKind]: Apply1<K> } = {
  'count-mailbox': countMailbox,
  quota: correctQuota,
  refs: correctRefs,
  raise,
  'uid-validity': renewUidValidity,
  flags: addFlags,
  keywords: cleanKeywords,
  'keyword-list': fillKeywords,
  'message-size': correctMessageSize,
  expunged: forgetExpunged,
  inbox: makeInbox,
  'keep-mailbox': keepMailbox,
  'blob-size': correctBlobSize,
  index: replaceIndex,
  thread: countThread,
  'leave-thread': leaveThread,
  'thread-members': mendMembers,
  keys: replaceKeys,
  extraction: takeApartAgain,
  'search-index': makeSearchIndex,
  'blob-row': makeBlobRow,
  'queue-destination': countDestination,
  'queue-recipient': mendRecipient,
  'queue-report': mendReport,
  'queue-attempt': mendAttempt,
  'quarantine-message': quarantineMessage,
  'quarantine-queued': quarantineQueued,
  'quarantine-blob': quarantineBlob,
  'quarantine-file': quarantineOrphan,
  domain: addDomainRow,
  'address-domain': correctDomain,
  'remove-alias': removeAliasRow,
  'drop-row': dropRow,
  reindex,
}

export const repair: Apply<'repair'> = (cx, { fix, at }, effects) => {
  // The key and the argument come from the same fix, which the compiler cannot follow through a union.
  const apply = fixes[fix.fix] as (cx: WriteContext, fix: Fix, effects: Effects, at: number) => string | null
  return apply(cx, fix, effects, at)
}
