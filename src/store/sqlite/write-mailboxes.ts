/** Making, deleting and renaming mailboxes, and subscribing to names, inside the writer's transactions. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import { demandGoodName, isBelow, levelsAbove, SEPARATOR } from '../mailbox-name.js'
import type { Effects } from '../ops.js'
import type { Mailbox, NewMailbox } from '../store.js'
import { readMailboxByName } from './read-accounts.js'
import { noSuchName, noSuchUser } from './refusals.js'
import { insertMailbox, nextUidValidity } from './write-accounts.js'
import type { Apply, WriteContext } from './write-context.js'
import { eraseSlice } from './write-removal.js'

export const createMailbox: Apply<'create-mailbox'> = (cx, { account, mailbox, at }, effects) => {
  if (cx.sql.get('SELECT 1 FROM account WHERE id = ?', account) === undefined) throw noSuchUser(`${account}`)
  demandGoodName(mailbox.name, cx.limits)
  if (readMailboxByName(cx.sql, account, mailbox.name) === null) makeLevelsAbove(cx, account, mailbox.name, at, effects)
  return make(cx, account, mailbox, at, effects)
}

/** RFC 3501 §6.3.3: superior names that are needed are created too. */
function makeLevelsAbove(cx: WriteContext, account: AccountId, name: string, at: number, effects: Effects): void {
  for (const level of levelsAbove(name)) {
    if (readMailboxByName(cx.sql, account, level) === null) {
      make(cx, account, { name: level, specialUse: null }, at, effects)
    }
  }
}

/** @throws 'mailbox-exists' | 'too-many-mailboxes' */
function make(cx: WriteContext, account: AccountId, mailbox: NewMailbox, at: number, effects: Effects): Mailbox {
  const made = insertMailbox(cx, account, mailbox, false, at, effects)
  const most = cx.limits.mailboxesPerAccount
  const row = cx.sql.get<{ n: number }>('SELECT count(*) AS n FROM mailbox WHERE account = ?', account)
  if ((row?.n ?? 0) > most) throw new StoreError('too-many-mailboxes', `account ${account} has ${most} mailboxes`)
  return made
}

interface Named {
  readonly id: MailboxId
  readonly name: string
  readonly uidValidity: number
}

/** Of the names below `name`, ascending: "0" is what comes behind the separator. */
const readBelow = (cx: WriteContext, account: AccountId, name: string, limit: number): Named[] =>
  cx.sql.all<Named>(
    `SELECT id, name, uid_validity AS uidValidity FROM mailbox
     WHERE account = ? AND name > ? AND name < ? ORDER BY name LIMIT ?`,
    account,
    `${name}${SEPARATOR}`,
    `${name}0`,
    limit,
  )

/** From here on nobody finds it. A small one is erased at once, and what is left of a large one in slices. */
export const deleteMailbox: Apply<'delete-mailbox'> = (cx, { account, name }, effects) => {
  if (name === 'INBOX') throw new StoreError('inbox-stays', 'INBOX cannot be deleted')
  const mailbox = readMailboxByName(cx.sql, account, name)
  if (mailbox === null) {
    if (readBelow(cx, account, name, 1).length > 0)
      throw new StoreError('mailbox-has-children', `${name} is no mailbox, and there are some below it`)
    throw noSuchName(name)
  }
  const { id, uidValidity } = mailbox
  cx.sql.run('INSERT INTO removed_mailbox (id, account) VALUES (?, ?)', id, account)
  cx.sql.run('DELETE FROM mailbox WHERE id = ?', id)
  retire(cx, account, uidValidity)
  effects.changes.push({ account, change: { type: 'mailbox-deleted', mailbox: id, name } })
  eraseSlice(cx, id, account, cx.limits.rowsPerWrite, effects)
  return id
}

/** A name whose mailbox had `uidValidity` may come back with a higher one only (RFC 3501 §2.3.1.1). */
const retire = (cx: WriteContext, account: AccountId, uidValidity: number): number =>
  cx.sql.run(
    'UPDATE account SET retired_uid_validity = max(retired_uid_validity, ?) WHERE id = ?',
    uidValidity,
    account,
  )

/** With all that is below it, or nothing of it. INBOX is not renamed like this: see move-messages. */
export const renameMailbox: Apply<'rename-mailbox'> = (cx, { account, from, to, at }, effects) => {
  const own = readMailboxByName(cx.sql, account, from)
  const named = [...(own === null ? [] : [own]), ...readBelow(cx, account, from, cx.limits.mailboxesPerAccount)]
  if (from === 'INBOX') throw new StoreError('inbox-stays', 'INBOX cannot be renamed')
  if (named.length === 0) throw noSuchName(from)
  demandRoomAt(cx, account, from, to)
  makeLevelsAbove(cx, account, to, at, effects)
  const retired = retiredOf(cx, account)
  // Where nothing is below the new name, no name can be taken.
  const isFree = readBelow(cx, account, to, 1).length === 0
  // Ascending, so that a name that one of them takes has been left by the one that had it.
  for (const { id, name, uidValidity } of named) {
    const next = to + name.slice(from.length)
    demandGoodName(next, cx.limits)
    if (!isFree && readMailboxByName(cx.sql, account, next) !== null)
      throw new StoreError('mailbox-exists', `${next} exists`)
    const validity = uidValidity < retired ? nextUidValidity(cx, at) : uidValidity
    cx.sql.run('UPDATE mailbox SET name = ?, uid_validity = ? WHERE id = ?', next, validity, id)
    effects.changes.push({ account, change: { type: 'mailbox-renamed', mailbox: id, name, to: next } })
  }
  retire(
    cx,
    account,
    named.reduce((highest, { uidValidity }) => Math.max(highest, uidValidity), 0),
  )
  return null
}

/** @throws 'bad-mailbox-name' where a mailbox would be inside itself, 'mailbox-exists' */
function demandRoomAt(cx: WriteContext, account: AccountId, from: string, to: string): void {
  if (isBelow(to, from)) throw new StoreError('bad-mailbox-name', `${to} is below ${from}`)
  if (to === from || readMailboxByName(cx.sql, account, to) !== null)
    throw new StoreError('mailbox-exists', `mailbox ${to} exists`)
}

const retiredOf = (cx: WriteContext, account: AccountId): number =>
  cx.sql.get<{ n: number }>('SELECT retired_uid_validity AS n FROM account WHERE id = ?', account)?.n ?? 0

/** A name that is not subscribed can be given up as well. */
export const setSubscription: Apply<'set-subscription'> = (cx, { account, name, subscribed }) => {
  if (!subscribed) {
    cx.sql.run('DELETE FROM subscription WHERE account = ? AND name = ?', account, name)
    return null
  }
  if (readMailboxByName(cx.sql, account, name) === null && readBelow(cx, account, name, 1).length === 0)
    throw noSuchName(name)
  const { n } = cx.sql.get<{ n: number }>('SELECT count(*) AS n FROM subscription WHERE account = ?', account) ?? {
    n: 0,
  }
  const added = cx.sql.run('INSERT OR IGNORE INTO subscription (account, name) VALUES (?, ?)', account, name)
  if (n + added > cx.limits.subscriptionsPerAccount)
    throw new StoreError('too-many-subscriptions', `account ${account} has ${n} subscriptions`)
  return null
}
