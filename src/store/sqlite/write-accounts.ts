/** Domains, users and their mailboxes, inside the writer's transactions. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Effects } from '../ops.js'
import type { Access, Domain, Mailbox, NewMailbox, SendingSwitches, User } from '../store.js'
import { readDomain, readUser } from './read-accounts.js'
import { noSuchDomain, noSuchUser } from './refusals.js'
import { writeSecrets } from './secrets.js'
import { recordUse } from './write-app-passwords.js'
import type { Apply, WriteContext } from './write-context.js'

export const addDomain: Apply<'add-domain'> = (cx, { name, at }): Domain => {
  const added = cx.sql.run('INSERT OR IGNORE INTO domain (name, created_at) VALUES (?, ?)', name, at)
  if (added === 0) throw new StoreError('domain-exists', `domain ${name} exists`)
  return knownDomain(cx, name)
}

export const removeDomain: Apply<'remove-domain'> = (cx, { name }) => {
  for (const table of ['account', 'alias']) {
    if (cx.sql.get(`SELECT 1 FROM ${table} WHERE domain = ?`, name) !== undefined) {
      throw new StoreError('domain-not-empty', `domain ${name} has rows of ${table}`)
    }
  }
  cx.sql.run('DELETE FROM catch_all WHERE domain = ?', name)
  if (cx.sql.run('DELETE FROM domain WHERE name = ?', name) === 0) throw noSuchDomain(name)
  return null
}

/** @throws 'no-such-domain' */
export function knownDomain(cx: WriteContext, name: string): Domain {
  const domain = readDomain(cx.sql, name)
  if (domain === null) throw noSuchDomain(name)
  return domain
}

export const addUser: Apply<'add-user'> = (cx, { user, at }, effects) => {
  const domain = user.address.slice(user.address.lastIndexOf('@') + 1)
  if (cx.sql.get('SELECT 1 FROM domain WHERE name = ?', domain) === undefined) throw noSuchDomain(domain)
  if (cx.sql.get('SELECT 1 FROM account WHERE address = ?', user.address) !== undefined) {
    throw new StoreError('user-exists', `user ${user.address} exists`)
  }
  if (cx.sql.get('SELECT 1 FROM alias WHERE address = ?', user.address) !== undefined) {
    throw new StoreError('alias-exists', `alias ${user.address} exists`)
  }
  const account = cx.sql.insert(
    `INSERT INTO account (address, domain, display_name, password_hash, status, created_at)
     VALUES (?, ?, ?, ?, 'active', ?)`,
    user.address,
    domain,
    user.displayName,
    user.passwordHash,
    at,
  ) as AccountId
  if (user.secrets !== undefined) writeSecrets(cx.sql, account, user.secrets)
  for (const mailbox of user.mailboxes) insertMailbox(cx, account, mailbox, true, at, effects)
  return knownUser(cx, user.address)
}

export const updateUser: Apply<'update-user'> = (cx, { address, update }) => {
  cx.sql.run(
    `UPDATE account SET display_name = coalesce(?, display_name), password_hash = coalesce(?, password_hash),
       status = coalesce(?, status) WHERE address = ?`,
    update.displayName ?? null,
    update.passwordHash ?? null,
    update.status ?? null,
    address,
  )
  if (update.sending !== undefined) updateSending(cx, address, update.sending)
  if (update.access !== undefined) updateAccess(cx, address, update.access)
  const user = knownUser(cx, address)
  if (update.passwordHash !== undefined) writeSecrets(cx.sql, user.id, update.secrets ?? null)
  return user
}

function updateSending(cx: WriteContext, address: string, update: Partial<SendingSwitches>): void {
  const { sendAs, messagesPerHour, recipientsPerHour } = { ...knownUser(cx, address).sending, ...update }
  cx.sql.run(
    'UPDATE account SET send_as = ?, messages_per_hour = ?, recipients_per_hour = ? WHERE address = ?',
    sendAs,
    messagesPerHour,
    recipientsPerHour,
    address,
  )
}

function updateAccess(cx: WriteContext, address: string, update: Partial<Access>): void {
  const { smtp, imap } = { ...knownUser(cx, address).access, ...update }
  cx.sql.run('UPDATE account SET allow_smtp = ?, allow_imap = ? WHERE address = ?', Number(smtp), Number(imap), address)
}

function knownUser(cx: WriteContext, address: string): User {
  const user = readUser(cx.sql, address)
  if (user === null) throw noSuchUser(address)
  return user
}

export const recordLogin: Apply<'record-login'> = (cx, { account, at, appPassword }) => {
  if (appPassword !== null) recordUse(cx, appPassword, at)
  cx.sql.run('UPDATE account SET last_login = max(coalesce(last_login, 0), ?) WHERE id = ?', at, account)
  return null
}

/** `subscribed`: it becomes so, where it is not already. @throws 'mailbox-exists' */
export function insertMailbox(
  cx: WriteContext,
  account: AccountId,
  { name, specialUse }: NewMailbox,
  subscribed: boolean,
  at: number,
  effects: Effects,
): Mailbox {
  if (cx.sql.get('SELECT 1 FROM mailbox WHERE account = ? AND name = ?', account, name) !== undefined) {
    throw new StoreError('mailbox-exists', `mailbox ${name} exists`)
  }
  const uidValidity = nextUidValidity(cx, at)
  const id = cx.sql.insert(
    'INSERT INTO mailbox (account, name, special_use, uid_validity) VALUES (?, ?, ?, ?)',
    account,
    name,
    specialUse,
    uidValidity,
  ) as MailboxId
  if (subscribed) cx.sql.run('INSERT OR IGNORE INTO subscription (account, name) VALUES (?, ?)', account, name)
  effects.changes.push({ account, change: { type: 'mailbox-created', mailbox: id, name } })
  const known = cx.sql.get('SELECT 1 FROM subscription WHERE account = ? AND name = ?', account, name)
  return { id, name, specialUse, subscribed: known !== undefined, uidValidity }
}

/**
 * Never the same twice and never less than before, also when the clock went back or mailboxes are made
 * faster than one a second (RFC 9051 §2.3.1.1). Following the clock keeps it rising when the data is lost
 * and begun anew.
 */
export function nextUidValidity(cx: WriteContext, at: number): number {
  const row = cx.sql.get<{ value: number }>(
    "UPDATE counter SET value = max(value + 1, ?) WHERE name = 'uid_validity' RETURNING value",
    Math.floor(at / 1000),
  )
  if (row === undefined) throw new Error('the uid_validity counter is missing')
  return row.value
}
