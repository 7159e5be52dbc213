/** What is made for mail of earlier releases, inside the writer's transactions: sort keys, and the thread it belongs to. */
import type { AccountId } from '../../core/ids.js'
import type { MessagePlace } from '../ops.js'
import { readKeys, writeKeys } from './message-keys.js'
import type { Apply, WriteContext } from './write-context.js'
import { joinThread, threadNames } from './write-threads.js'

/** A blob that is gone by now is passed over. */
export const recordKeys: Apply<'record-keys'> = (cx, { made }) => {
  for (const { blob, keys } of made) {
    if (cx.sql.run('DELETE FROM unkeyed WHERE blob = ?', blob) > 0) writeKeys(cx.sql, blob, keys)
  }
  return null
}

/** Those that have one by now, that have no sort keys, or whose mailbox is gone are passed over. */
export const joinThreads: Apply<'join-threads'> = (cx, { messages }) => {
  let joined = 0
  for (const place of messages) if (joinLate(cx, place)) joined++
  return joined
}

function joinLate(cx: WriteContext, { mailbox, uid }: MessagePlace): boolean {
  const row = cx.sql.get<{ blob: number; account: AccountId; sha256: Buffer }>(
    `SELECT m.blob, b.account, c.sha256 FROM message m JOIN mailbox b ON b.id = m.mailbox JOIN blob c ON c.id = m.blob
     WHERE m.mailbox = ? AND m.uid = ? AND m.thread IS NULL`,
    mailbox,
    uid,
  )
  const keys = row === undefined ? null : readKeys(cx.sql, row.blob)
  if (row === undefined || keys === null) return false
  const thread = joinThread(cx, row.account, threadNames({ keys, sha256: row.sha256.toString('hex') }))
  cx.sql.run('UPDATE message SET thread = ? WHERE mailbox = ? AND uid = ?', thread, mailbox, uid)
  // Triggers count those that come and go alone.
  cx.sql.run('UPDATE thread SET messages = messages + 1 WHERE id = ?', thread)
  return true
}
