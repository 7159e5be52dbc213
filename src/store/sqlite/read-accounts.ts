/** Queries about domains, users and mailboxes; for the writer as well as for readers. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import type {
  Access,
  Domain,
  Mailbox,
  MailboxStatus,
  Recipient,
  SendingSwitches,
  StoredCredentials,
  User,
  UserQuery,
} from '../store.js'
import { SETTINGS, type SettingsRow, toSettings } from './read-aliases.js'
import type { Statements } from './statements.js'

/** 1: allowed. */
export interface AccessRow {
  readonly smtp: number
  readonly imap: number
}

export const toAccess = ({ smtp, imap }: AccessRow): Access => ({ smtp: smtp === 1, imap: imap === 1 })

interface DomainRow extends SettingsRow {
  readonly name: string
  readonly createdAt: number
  readonly users: number
  readonly aliases: number
}

const DOMAIN = `SELECT name, created_at AS createdAt,
  (SELECT count(*) FROM account WHERE account.domain = domain.name) AS users,
  (SELECT count(*) FROM alias WHERE alias.domain = domain.name) AS aliases, ${SETTINGS} FROM domain`

const toDomain = ({ name, createdAt, users, aliases, ...row }: DomainRow): Domain => ({
  name,
  createdAt,
  users,
  aliases,
  ...toSettings(row),
})

export const readDomains = (sql: Statements): Domain[] => sql.all<DomainRow>(`${DOMAIN} ORDER BY name`).map(toDomain)

export function readDomain(sql: Statements, name: string): Domain | null {
  const row = sql.get<DomainRow>(`${DOMAIN} WHERE name = ?`, name)
  return row === undefined ? null : toDomain(row)
}

const USER_COLUMNS = `SELECT a.id, a.address, a.display_name AS displayName, a.status, a.created_at AS createdAt,
    a.last_login AS lastLogin, count(m.id) AS mailboxes, coalesce(sum(m.messages), 0) AS messages,
    coalesce(sum(m.size), 0) AS size, a.send_as AS sendAs, a.messages_per_hour AS messagesPerHour,
    a.recipients_per_hour AS recipientsPerHour, a.allow_smtp AS smtp, a.allow_imap AS imap
`
const MAILBOXES = 'LEFT JOIN mailbox m ON m.account = a.id'

type UserRow = Omit<User, 'sending' | 'access'> & SendingSwitches & AccessRow

const toUser = ({ sendAs, messagesPerHour, recipientsPerHour, smtp, imap, ...user }: UserRow): User => ({
  ...user,
  access: toAccess({ smtp, imap }),
  sending: { sendAs, messagesPerHour, recipientsPerHour },
})

export function readUser(sql: Statements, address: string): User | null {
  const row = sql.get<UserRow>(`${USER_COLUMNS} FROM account a ${MAILBOXES} WHERE a.address = ? GROUP BY a.id`, address)
  return row === undefined ? null : toUser(row)
}

/** Mailboxes are counted for those alone that come out. */
export function readUsers(sql: Statements, { domain, status, after = '', offset = 0, limit }: UserQuery): User[] {
  const wanted = [
    ...(domain === undefined ? [] : [['domain = ?', domain] as const]),
    ...(status === undefined ? [] : [['status = ?', status] as const]),
    ['address > ?', after] as const,
  ]
  const rows = sql.all<UserRow>(
    `${USER_COLUMNS} FROM (
       SELECT * FROM account WHERE ${wanted.map(([condition]) => condition).join(' AND ')} ORDER BY address LIMIT ? OFFSET ?
     ) a ${MAILBOXES} GROUP BY a.address ORDER BY a.address`,
    ...wanted.map(([, value]) => value),
    limit,
    offset,
  )
  return rows.map(toUser)
}

export function readCredentials(sql: Statements, address: string): StoredCredentials | null {
  const row = sql.get<Omit<StoredCredentials, 'access'> & AccessRow>(
    `SELECT id, address, status, password_hash AS passwordHash, allow_smtp AS smtp, allow_imap AS imap
     FROM account WHERE address = ?`,
    address,
  )
  if (row === undefined) return null
  const { smtp, imap, ...credentials } = row
  return { ...credentials, access: toAccess({ smtp, imap }) }
}

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

const MAILBOX = `SELECT id, account, name, special_use AS specialUse, uid_validity AS uidValidity,
    EXISTS (SELECT 1 FROM subscription s WHERE s.account = mailbox.account AND s.name = mailbox.name) AS subscribed
  FROM mailbox`

const toMailbox = ({ id, name, specialUse, subscribed, uidValidity }: MailboxRow): Mailbox => ({
  id,
  name,
  specialUse,
  subscribed: subscribed === 1,
  uidValidity,
})

/** Those behind `after` by name, at most `limit`. */
export const readMailboxes = (sql: Statements, account: AccountId, after: string, limit: number): Mailbox[] =>
  sql
    .all<MailboxRow>(`${MAILBOX} WHERE account = ? AND name > ? ORDER BY name LIMIT ?`, account, after, limit)
    .map(toMailbox)

/** Those behind `after`, ascending, at most `limit`. */
export const readSubscriptions = (sql: Statements, account: AccountId, after: string, limit: number): string[] =>
  sql
    .all<{ name: string }>(
      'SELECT name FROM subscription WHERE account = ? AND name > ? ORDER BY name LIMIT ?',
      account,
      after,
      limit,
    )
    .map(({ name }) => name)

export function readMailboxByName(sql: Statements, account: AccountId, name: string): Mailbox | null {
  const row = sql.get<MailboxRow>(`${MAILBOX} WHERE account = ? AND name = ?`, account, name)
  return row === undefined ? null : toMailbox(row)
}

/** The exact name comes first, then the others by name. */
export function readMailboxAnyCase(sql: Statements, account: AccountId, name: string): Mailbox | null {
  const row = sql.get<MailboxRow>(
    `${MAILBOX} WHERE account = ? AND name = ? COLLATE NOCASE ORDER BY name <> ?, name LIMIT 1`,
    account,
    name,
    name,
  )
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
