/**
 * Which thread of its account a message belongs to, decided when it is stored and never changed
 * (decision 26; RFC 8474 §5.2), inside the writer's transactions.
 */
import { hash } from 'node:crypto'
import type { AccountId } from '../../core/ids.js'
import { ancestorsOf } from '../../message/references.js'
import type { BlobData } from '../ops.js'
import type { WriteContext } from './write-context.js'

/** A row of `thread`. */
export type ThreadRow = number

/** By what a message is known to those that name it. */
export interface ThreadNames {
  /** Its Message-ID, or its content for one that has none: a copy of it is in the same thread. */
  readonly own: string
  /** Nearest first. */
  readonly ancestors: readonly string[]
}

/** A copy is where its original is (RFC 8474 §5.2); null: in none, as mail of before there were threads. */
export interface SameThread {
  readonly thread: ThreadRow | null
}

export const threadNames = ({ keys, sha256 }: Pick<BlobData, 'keys' | 'sha256'>): ThreadNames => ({
  own: keys.messageId ?? sha256,
  ancestors: ancestorsOf(keys),
})

/** Names are of any length; half of a SHA-256 tells them apart. */
const keyOf = (name: string): Buffer => hash('sha256', name, 'buffer').subarray(0, 16)

interface Member {
  readonly thread: ThreadRow
  /** 0: it has been named by others alone. */
  readonly arrived: number
}

const find = (cx: WriteContext, account: AccountId, key: Buffer): Member | undefined =>
  cx.sql.get('SELECT thread, arrived FROM thread_member WHERE account = ? AND name = ?', account, key)

/**
 * The thread for a message that is about to be stored: that of an earlier copy, else that of its nearest
 * ancestor that is known, else the one of those that name it, else a new one. What it names and nobody knows
 * yet belongs to the same thread from now on.
 */
export function joinThread(cx: WriteContext, account: AccountId, { own, ancestors }: ThreadNames): ThreadRow {
  const key = keyOf(own)
  const known = find(cx, account, key)
  if (known?.arrived === 1) return known.thread
  const { thread: found, unknown } = nearest(cx, account, ancestors)
  const thread = found ?? known?.thread ?? newThread(cx, account, key)
  cx.sql.run(
    `INSERT INTO thread_member (account, name, thread, arrived) VALUES (?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET thread = excluded.thread, arrived = 1`,
    account,
    key,
    thread,
  )
  for (const name of unknown) {
    cx.sql.run('INSERT INTO thread_member (account, name, thread, arrived) VALUES (?, ?, ?, 0)', account, name, thread)
  }
  return thread
}

/** The thread of the first of `ancestors` that is known, and those before it. */
function nearest(
  cx: WriteContext,
  account: AccountId,
  ancestors: readonly string[],
): { readonly thread: ThreadRow | null; readonly unknown: readonly Buffer[] } {
  const unknown: Buffer[] = []
  for (const name of ancestors) {
    const key = keyOf(name)
    const member = find(cx, account, key)
    if (member !== undefined) return { thread: member.thread, unknown }
    unknown.push(key)
  }
  return { thread: null, unknown }
}

/** `key` becomes the name by which clients know it: of the message that began it. Messages are counted by triggers. */
const newThread = (cx: WriteContext, account: AccountId, key: Buffer): ThreadRow =>
  cx.sql.insert('INSERT INTO thread (account, name) VALUES (?, ?)', account, key)
