/** Messages that are read into columns, also where a table has rows that the other does not. */
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { MailboxId, ModSeq, Uid } from '../../core/ids.js'
import type { LoadedMessages } from '../mailbox-columns.js'
import { LiveMailbox } from '../mailbox-state.js'
import { ColumnReader } from './column-reader.js'
import { Statements } from './statements.js'

const BOX = 7 as MailboxId

const TABLES = `
  CREATE TABLE message (mailbox, uid, blob, size, internal_date, internal_zone, PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;
  CREATE TABLE message_flags (mailbox, uid, modseq, system, keywords, PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;
  INSERT INTO message VALUES (6, 1, 0, 0, 0, 0), (8, 1, 0, 0, 0, 0);
  INSERT INTO message_flags VALUES (6, 1, 0, 0, NULL), (8, 1, 0, 0, NULL);`

function read(messages: readonly number[], flags: readonly number[], expected: number): LoadedMessages {
  const sql = new Statements(new Database(':memory:'))
  sql.db.exec(TABLES)
  for (const uid of messages)
    sql.run('INSERT INTO message VALUES (7, ?, ?, ?, ?, ?)', uid, 2 ** 40 + uid, 4e9 + uid, -uid, -720 + uid)
  for (const uid of flags) {
    const keywords = uid % 3 === 0 ? Uint8Array.of(0, 2) : uid % 3 === 1 ? null : Uint8Array.of(1)
    sql.run('INSERT INTO message_flags VALUES (7, ?, ?, ?, ?)', uid, 100 + uid, uid % 32, keywords)
  }
  const reader = new ColumnReader(sql)
  reader.read(8 as MailboxId, 1) // what it read before leaves nothing behind
  const loaded = reader.read(BOX, expected)
  sql.db.close()
  return loaded
}

const NAMES = [['x', 'z'], [], ['y']]
const entries = (loaded: LoadedMessages): unknown[] => {
  const keywords = ['x', 'y', 'z']
  const state = new LiveMailbox({ ...loaded, mailbox: BOX, uidNext: 1, highestModSeq: 1 as ModSeq, keywords })
  expect([...state.copyUids()]).toEqual([...state.uids])
  return [...state.uids].map((uid) => state.entry(uid as Uid))
}
const entry = (uid: number): unknown => ({
  uid,
  blob: 2 ** 40 + uid,
  size: 4e9 + uid,
  internalDate: -uid,
  internalZone: -720 + uid,
  modseq: 100 + uid,
  system: uid % 32,
  keywords: NAMES[uid % 3],
})

const MANY = Array.from({ length: 100 }, (_, i) => i * 2 + 1)

test.each([
  ['none', [], [], 0],
  ['as many as expected', MANY, MANY, 100],
  ['more than expected', MANY, MANY, 1],
  ['fewer than expected', MANY, MANY, 1_000],
  ['messages without flags, and flags without a message', [1, 2, 4, 5, 9], [0, 2, 3, 5, 8, 9, 11], 5],
  ['nothing that fits together', [1, 3], [2, 4], 2],
])('%s', (_, messages, flags, expected) => {
  const both = messages.filter((uid) => flags.includes(uid))
  expect(entries(read(messages, flags, expected))).toEqual(both.map(entry))
})

test('messages with the same keywords share one set', () => {
  expect(read(MANY, MANY, 100).keywordSets.ends).toHaveLength(3)
})
