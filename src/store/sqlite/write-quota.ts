/**
 * What messages are charged, inside the writer's transactions: taken when they are stored, given back when they
 * go, so that the sum is always that of the messages (decision 12).
 */
import type { AccountId, MailboxId } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Effects } from '../ops.js'
import { chargeOf, hasRoom, overflowOf, type Quota, type QuotaNote, thresholdOf } from '../quota.js'
import { countMessages, readQuota, readQuotaOf } from './read-quota.js'
import { noSuchMailbox, noSuchUser } from './refusals.js'
import type { Apply, WriteContext } from './write-context.js'

/** Anything whose octets are known. */
interface Sized {
  readonly size: number
}

/** Octets charged, and messages. */
export interface More {
  readonly octets: number
  readonly messages: number
}

const NOTHING_MORE: More = { octets: 0, messages: 0 }

const chargeOfAll = (messages: readonly Sized[]): More => ({
  octets: messages.reduce((sum, { size }) => sum + chargeOf(size), 0),
  messages: messages.length,
})

export function knownQuota(cx: WriteContext, account: AccountId): Quota {
  const quota = readQuota(cx.sql, account, cx.usualQuota)
  if (quota === null) throw noSuchUser(`${account}`)
  return quota
}

/** No room, and what the log has of it. */
export class OverQuota extends StoreError {
  readonly notes: readonly QuotaNote[]

  constructor(detail: string, notes: readonly QuotaNote[]) {
    super('over-quota', detail)
    this.notes = notes
  }
}

export interface Charging {
  /** What the same request will bring after them. */
  readonly ahead?: More | undefined
  /** Where it has been read already, and is still so. */
  readonly quota?: Quota | null
}

/** @throws OverQuota when they do not all fit */
export function charge(
  cx: WriteContext,
  account: AccountId,
  messages: readonly (Sized & { readonly name: string })[],
  effects: Effects,
  { ahead = NOTHING_MORE, quota: known = null }: Charging = {},
): void {
  if (messages.length === 0) return
  const more = chargeOfAll(messages)
  const quota = known ?? knownQuota(cx, account)
  const all = { octets: more.octets + ahead.octets, messages: more.messages + ahead.messages }
  if (!hasRoom(quota, all)) throw overQuota(quota, all, messages)
  move(cx, account, more.octets, more.messages)
  let before = quota.used
  for (const { name: message, size } of messages) {
    const after = before + chargeOf(size)
    effects.notes.push({ kind: 'charged', account, address: quota.address, before, after, message, size })
    before = after
  }
  watch(cx, { ...quota, used: quota.used + more.octets, messages: quota.messages + more.messages }, effects)
}

function overQuota(quota: Quota, more: More, messages: readonly Sized[]): OverQuota {
  const { address, used, limits } = quota
  const of = (limit: number): string => (limit === 0 ? '' : ` of ${limit}`)
  const size = messages.reduce((sum, one) => sum + one.size, 0)
  return new OverQuota(
    `${address} has ${used}${of(limits.octets)} octets in ${quota.messages}${of(limits.messages)} messages: ` +
      `${more.octets} in ${more.messages} more do not fit`,
    [noRoom(quota, more, size)],
  )
}

const noRoom = (quota: Quota, more: { octets: number }, size: number): QuotaNote => {
  const { account, address, used, limits } = quota
  return { kind: 'no-room', account, address, used, limit: limits.octets, size, overflow: overflowOf(quota, more) }
}

/** Of mailboxes without room for a message of `size`: what the log has of each. */
export const notesOfNoRoom = (cx: WriteContext, mailboxes: Iterable<MailboxId>, size: number): QuotaNote[] =>
  [...mailboxes].map((mailbox) => noRoom(quotaOf(cx, mailbox), { octets: chargeOf(size) }, size))

/** For messages that go. A sum that would fall below zero was wrong before: it is counted anew, and the log says so. */
export function giveBack(cx: WriteContext, account: AccountId, messages: readonly Sized[], effects: Effects): void {
  const { octets, messages: count } = chargeOfAll(messages)
  const { address, used, messages: kept } = knownQuota(cx, account)
  if (octets > used || count > kept) {
    const error = `${octets} octets in ${count} messages cannot be given back of ${used} in ${kept}: counted anew`
    effects.notes.push({ kind: 'broken', account, address, error })
    recount(cx, account)
  } else move(cx, account, -octets, -count)
  watch(cx, knownQuota(cx, account), effects)
}

function move(cx: WriteContext, account: AccountId, octets: number, messages: number): void {
  cx.sql.run(
    'UPDATE account SET quota_used = quota_used + ?, quota_count = quota_count + ? WHERE id = ?',
    octets,
    messages,
    account,
  )
}

/** @returns octets of the messages, with nothing on top */
function recount(cx: WriteContext, account: AccountId): number {
  const { octets, messages, size } = countMessages(cx.sql, account)
  cx.sql.run('UPDATE account SET quota_used = ?, quota_count = ? WHERE id = ?', octets, messages, account)
  return size
}

/**
 * Who reaches a threshold is to be told, once, of the highest; who falls below is told again when it is reached again
 * (decision 13).
 */
function watch(cx: WriteContext, quota: Quota, effects: Effects): void {
  const { account } = quota
  const reached = thresholdOf(quota)
  if (reached === quota.warned) return
  if (reached < quota.warned) {
    const lower = 'UPDATE account SET quota_warned = ?, quota_notice = min(quota_notice, ?) WHERE id = ?'
    cx.sql.run(lower, reached, reached, account)
    return
  }
  cx.sql.run('UPDATE account SET quota_warned = ?, quota_notice = ? WHERE id = ?', reached, reached, account)
  effects.duties.push('quota-warning')
}

/**
 * Of the mailboxes that a message of `size` is for, those that have room for it; two of one account need it twice.
 * With each comes its quota, unless that will have changed before it is charged.
 */
export function mailboxesWithRoom(
  cx: WriteContext,
  mailboxes: ReadonlySet<MailboxId>,
  size: number,
): ReadonlyMap<MailboxId, Quota | null> {
  const copies = new Map<AccountId, number>()
  const roomy = new Map<MailboxId, Quota | null>()
  for (const mailbox of mailboxes) {
    const quota = quotaOf(cx, mailbox)
    const n = (copies.get(quota.account) ?? 0) + 1
    if (!hasRoom(quota, { octets: n * chargeOf(size), messages: n })) continue
    copies.set(quota.account, n)
    roomy.set(mailbox, n === 1 ? quota : null)
  }
  return roomy
}

/** @throws 'no-such-mailbox' */
function quotaOf(cx: WriteContext, mailbox: MailboxId): Quota {
  const quota = readQuotaOf(cx.sql, mailbox, cx.usualQuota)
  if (quota === null) throw noSuchMailbox(mailbox)
  return quota
}

/** Also when the batch is undone: it is applied again then. */
export const setUsualQuota: Apply<'set-usual-quota'> = (cx, { limits }) => {
  cx.usualQuota = limits
  return null
}

export const setQuota: Apply<'set-quota'> = (cx, { account, update }, effects) => {
  const { octets, messages } = { ...knownQuota(cx, account).own, ...update }
  cx.sql.run('UPDATE account SET quota_octets = ?, quota_messages = ? WHERE id = ?', octets, messages, account)
  watch(cx, knownQuota(cx, account), effects)
  return knownQuota(cx, account)
}

export const recalculateQuota: Apply<'recalculate-quota'> = (cx, { account }, effects) => {
  const before = knownQuota(cx, account)
  const size = recount(cx, account)
  watch(cx, knownQuota(cx, account), effects)
  return { before, quota: knownQuota(cx, account), size }
}
