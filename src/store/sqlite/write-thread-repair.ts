/** What `store repair` does about threads, inside the writer's transactions. */
import type { FixOf } from '../fixes.js'
import type { WriteContext } from './write-context.js'

export function countThread(cx: WriteContext, { thread, messages }: FixOf<'thread'>): string | null {
  const row = cx.sql.get<{ messages: number }>(
    'UPDATE thread SET messages = messages + ? WHERE id = ? RETURNING messages',
    messages,
    thread,
  )
  if (row === undefined) return null
  if (row.messages > 0) return `thread ${thread}: corrected messages by ${messages}`
  cx.sql.run('DELETE FROM thread_member WHERE thread = ?', thread)
  cx.sql.run('DELETE FROM thread WHERE id = ?', thread)
  return `thread ${thread}: removed, it has no messages`
}

/** A message without a thread is one of its own for clients. */
export function leaveThread(cx: WriteContext, { mailbox, uid }: FixOf<'leave-thread'>): string | null {
  const row = cx.sql.get<{ thread: number | null }>(
    'SELECT thread FROM message WHERE mailbox = ? AND uid = ?',
    mailbox,
    uid,
  )
  if (row === undefined || row.thread === null) return null
  cx.sql.run('UPDATE message SET thread = NULL WHERE mailbox = ? AND uid = ?', mailbox, uid)
  cx.sql.run('UPDATE thread SET messages = messages - 1 WHERE id = ?', row.thread)
  return `message ${uid} of mailbox ${mailbox}: taken out of thread ${row.thread}`
}

/** Members of another user go; one that has arrived there must be, be it one that nobody names. */
export function mendMembers(cx: WriteContext, { thread }: FixOf<'thread-members'>): string | null {
  const row = cx.sql.get<{ account: number }>('SELECT account FROM thread WHERE id = ?', thread)
  if (row === undefined) return null
  cx.sql.run('DELETE FROM thread_member WHERE thread = ? AND account <> ?', thread, row.account)
  const arrived = cx.sql.get('SELECT 1 FROM thread_member WHERE thread = ? AND arrived = 1', thread)
  if (arrived === undefined) {
    cx.sql.run(
      'INSERT INTO thread_member (account, name, thread, arrived) VALUES (?, randomblob(16), ?, 1)',
      row.account,
      thread,
    )
  }
  return `thread ${thread}: corrected its members`
}
