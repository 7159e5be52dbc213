/**
 * What messages are charged, inside the writer's transactions: taken when they are stored, given back when they
 * go, so that the sum is always that of the messages (decision 12).
 */
import type { AccountId, MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import { chargeOf, hasRoom, type Quota, thresholdOf } from '../quota.js'
import { countMessages, readQuota } from './read-quota.js'
import { noSuchMailbox, noSuchUser } from './refusals.js'
import type { Apply, WriteContext } from './write-context.js'

/** Anything whose octets are known. */
interface Sized {
  readonly size: number
}

const chargeOfAll = (messages: readonly Sized[]): { octets: number; messages: number } => ({
  octets: messages.reduce((sum, { size }) => sum + chargeOf(size), 0),
  messages: messages.length,
})

export function knownQuota(cx: WriteContext, account: AccountId): Quota {
  const quota = readQuota(cx.sql, account, cx.limits)
  if (quota === null) throw noSuchUser(`${account}`)
  return quota
}

/** @throws 'over-quota' when they do not all fit */
export function charge(cx: WriteContext, account: AccountId, messages: readonly Sized[]): void {
  if (messages.length === 0) return
  const more = chargeOfAll(messages)
  const quota = knownQuota(cx, account)
  if (!hasRoom(quota, more)) throw overQuota(quota, more)
  move(cx, account, more.octets, more.messages)
}

function overQuota({ address, used, messages, limits }: Quota, more: { octets: number; messages: number }): StoreError {
  const of = (limit: number): string => (limit === 0 ? '' : ` of ${limit}`)
  return new StoreError(
    'over-quota',
    `${address} has ${used}${of(limits.octets)} octets in ${messages}${of(limits.messages)} messages: ` +
      `${more.octets} in ${more.messages} more do not fit`,
  )
}

/** For messages that go. Who falls below a threshold is warned again when it is reached again (decision 13). */
export function giveBack(cx: WriteContext, account: AccountId, messages: readonly Sized[]): void {
  const { octets, messages: count } = chargeOfAll(messages)
  move(cx, account, -octets, -count)
  lowerWarned(cx, account)
}

function move(cx: WriteContext, account: AccountId, octets: number, messages: number): void {
  cx.sql.run(
    'UPDATE account SET quota_used = quota_used + ?, quota_count = quota_count + ? WHERE id = ?',
    octets,
    messages,
    account,
  )
}

function lowerWarned(cx: WriteContext, account: AccountId): void {
  const quota = knownQuota(cx, account)
  const reached = thresholdOf(quota)
  if (reached < quota.warned) cx.sql.run('UPDATE account SET quota_warned = ? WHERE id = ?', reached, account)
}

/** Of the mailboxes that a message of `size` is for, those that have room for it; two of one account need it twice. */
export function mailboxesWithRoom(
  cx: WriteContext,
  mailboxes: ReadonlySet<MailboxId>,
  size: number,
): ReadonlySet<MailboxId> {
  const copies = new Map<AccountId, number>()
  const roomy = new Set<MailboxId>()
  for (const mailbox of mailboxes) {
    const account = accountOf(cx, mailbox)
    const n = (copies.get(account) ?? 0) + 1
    if (!hasRoom(knownQuota(cx, account), { octets: n * chargeOf(size), messages: n })) continue
    copies.set(account, n)
    roomy.add(mailbox)
  }
  return roomy
}

/** @throws 'no-such-mailbox' */
function accountOf(cx: WriteContext, mailbox: MailboxId): AccountId {
  const row = cx.sql.get<{ account: AccountId }>('SELECT account FROM mailbox WHERE id = ?', mailbox)
  if (row === undefined) throw noSuchMailbox(mailbox)
  return row.account
}

export const setQuota: Apply<'set-quota'> = (cx, { account, update }) => {
  const { octets, messages } = { ...knownQuota(cx, account).own, ...update }
  cx.sql.run('UPDATE account SET quota_octets = ?, quota_messages = ? WHERE id = ?', octets, messages, account)
  lowerWarned(cx, account)
  return knownQuota(cx, account)
}

export const recalculateQuota: Apply<'recalculate-quota'> = (cx, { account }) => {
  const before = knownQuota(cx, account)
  const { octets, messages, size } = countMessages(cx.sql, account)
  cx.sql.run('UPDATE account SET quota_used = ?, quota_count = ? WHERE id = ?', octets, messages, account)
  lowerWarned(cx, account)
  return { before, quota: knownQuota(cx, account), size }
}
