/** Queries about domains, users and mailboxes; for the writer as well as for readers. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import type { Domain, Mailbox, MailboxStatus, Recipient, User, UserStatus } from '../store.js'
import type { Statements } from './statements.js'

const DOMAIN = `SELECT name, created_at AS createdAt,
  (SELECT count(*) FROM account WHERE account.domain = domain.name) AS users FROM domain`

export const readDomains = (sql: Statements): Domain[] => sql.all<Domain>(`${DOMAIN} ORDER BY name`)

export const readDomain = (sql: Statements, name: string): Domain | null =>
  sql.get<Domain>(`${DOMAIN} WHERE name = ?`, name) ?? null

const USER = `SELECT a.id, a.address, a.display_name AS displayName, a.status, a.created_at AS createdAt,
    a.last_login AS lastLogin, count(m.id) AS mailboxes, coalesce(sum(m.messages), 0) AS messages,
    coalesce(sum(m.size), 0) AS size
  FROM account a LEFT JOIN mailbox m ON m.account = a.id`

export const readUser = (sql: Statements, address: string): User | null =>
  sql.get<User>(`${USER} WHERE a.address = ? GROUP BY a.id`, address) ?? null

/** Those behind `after` by address, at most `limit`; of one domain, or of all when it is null. */
export const readUsers = (sql: Statements, domain: string | null, after: string, limit: number): User[] =>
  domain === null
    ? sql.all<User>(`${USER} WHERE a.address > ? GROUP BY a.address ORDER BY a.address LIMIT ?`, after, limit)
    : sql.all<User>(
        `${USER} WHERE a.domain = ? AND a.address > ? GROUP BY a.address ORDER BY a.address LIMIT ?`,
        domain,
        after,
        limit,
      )

export interface CredentialsRow {
  readonly id: AccountId
  readonly address: string
  readonly status: UserStatus
  readonly passwordHash: string
}

export const readCredentials = (sql: Statements, address: string): CredentialsRow | null =>
  sql.get<CredentialsRow>(
    'SELECT id, address, status, password_hash AS passwordHash FROM account WHERE address = ?',
    address,
  ) ?? null

export const readRecipient = (sql: Statements, address: string): Recipient | null =>
  sql.get<Recipient>(
    `SELECT a.id AS account, a.address, a.status, m.id AS inbox
     FROM account a JOIN mailbox m ON m.account = a.id AND m.name = 'INBOX' WHERE a.address = ?`,
    address,
  ) ?? null

interface MailboxRow {
  readonly id: MailboxId
  readonly account: AccountId
  readonly name: string
  readonly specialUse: string | null
  readonly subscribed: number
  readonly uidValidity: number
}

const MAILBOX = `SELECT id, account, name, special_use AS specialUse, subscribed, uid_validity AS uidValidity
  FROM mailbox`

const toMailbox = ({ id, name, specialUse, subscribed, uidValidity }: MailboxRow): Mailbox => ({
  id,
  name,
  specialUse,
  subscribed: subscribed === 1,
  uidValidity,
})

export const readMailboxes = (sql: Statements, account: AccountId): Mailbox[] =>
  sql.all<MailboxRow>(`${MAILBOX} WHERE account = ? ORDER BY name <> 'INBOX', name`, account).map(toMailbox)

export function readMailboxByName(sql: Statements, account: AccountId, name: string): Mailbox | null {
  const row = sql.get<MailboxRow>(`${MAILBOX} WHERE account = ? AND name = ?`, account, name)
  return row === undefined ? null : toMailbox(row)
}

export function readMailbox(
  sql: Statements,
  mailbox: MailboxId,
): { readonly account: AccountId; readonly mailbox: Mailbox } | null {
  const row = sql.get<MailboxRow>(`${MAILBOX} WHERE id = ?`, mailbox)
  return row === undefined ? null : { account: row.account, mailbox: toMailbox(row) }
}

export const readStatus = (sql: Statements, mailbox: MailboxId): MailboxStatus | null =>
  sql.get<MailboxStatus>(
    `SELECT messages, unseen, deleted, size, uid_next AS uidNext, uid_validity AS uidValidity,
       highest_modseq AS highestModSeq, first_recent AS firstRecent, recent FROM mailbox WHERE id = ?`,
    mailbox,
  ) ?? null
