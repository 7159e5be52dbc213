/** Claims are found by keys: a look at all that waits for a destination, for each message of it, would be quadratic. */
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate } from './schema.js'
import { DUE_OF_MESSAGE } from './write-claims.js'

test('the recipients of a message are found by the message, however many wait for the destination', () => {
  const db = new Database(':memory:')
  migrate(db, 'DIR')
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${DUE_OF_MESSAGE}`).all('m', 'd.test', 0, 1) as { detail: string }[]
  expect(plan[0]?.detail).toBe('SEARCH queue_recipient USING PRIMARY KEY (message=?)')
})
