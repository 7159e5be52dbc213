/** Queries about app passwords; for the writer as well as for readers. Digests are compared and never come out. */
import type { AccountId } from '../../core/ids.js'
import type { AppPassword } from '../store.js'
import { type AccessRow, toAccess } from './read-accounts.js'
import type { Statements } from './statements.js'

type Row = Omit<AppPassword, 'access'> & AccessRow

const APP_PASSWORD = `SELECT p.id, p.name, p.allow_smtp AS smtp, p.allow_imap AS imap, p.created_at AS createdAt,
  p.last_used AS lastUsed FROM app_password p`

const toAppPassword = ({ smtp, imap, ...rest }: Row): AppPassword => ({ ...rest, access: toAccess({ smtp, imap }) })

export const readAppPasswords = (sql: Statements, address: string): AppPassword[] =>
  sql
    .all<Row>(`${APP_PASSWORD} JOIN account a ON a.id = p.account WHERE a.address = ? ORDER BY p.name`, address)
    .map(toAppPassword)

export function readAppPassword(sql: Statements, account: AccountId, digest: Uint8Array): AppPassword | null {
  const row = sql.get<Row>(`${APP_PASSWORD} WHERE p.account = ? AND p.digest = ?`, account, digest)
  return row === undefined ? null : toAppPassword(row)
}
