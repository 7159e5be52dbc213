/** Which files of DATA/blobs have a row. */
import type { Statements } from './statements.js'

const NAME = /^[0-9a-f]{64}$/

/** What is read as hex ends where it is none, so that a longer name would do as well: it does not. */
export const isKnownFile = (sql: Statements, name: string): boolean =>
  NAME.test(name) && sql.get('SELECT 1 FROM blob WHERE sha256 = ? AND file = 1', Buffer.from(name, 'hex')) !== undefined
