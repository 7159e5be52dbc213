/** What messages cost, how full an account is, and what the store is asked about it (decisions 12 and 13). */
import type { AccountId, MailboxId } from '../core/ids.js'
import type { NewMessage } from './store.js'

/** A message stands for so much more than its octets: headers and indexes, a twentieth of it and no more than this. */
const OVERHEAD_SHARE = 20
const OVERHEAD_MOST = 64 * 1024

/** Octets that a message of `size` octets is charged: size + min(5 % of size, 64 KiB), the share rounded down. */
export const chargeOf = (size: number): number => size + Math.min(Math.floor(size / OVERHEAD_SHARE), OVERHEAD_MOST)

/** The same as an expression of SQL, whose integers divide downwards. `size` is an expression too. */
export const chargeSql = (size: string): string => `(${size} + min(${size} / ${OVERHEAD_SHARE}, ${OVERHEAD_MOST}))`

/** Per cent at which a user is warned. */
export const thresholds = [80, 90, 95] as const
export type Threshold = (typeof thresholds)[number]

/** How far it has come: a threshold that is reached, or that nothing more fits. */
export type QuotaLevel = 'ok' | `${Threshold}` | 'full'

/** 0: no limit. */
export interface QuotaLimits {
  /** Octets charged. */
  readonly octets: number
  readonly messages: number
}

export interface QuotaUse {
  /** Octets charged. Messages that are exempt cost nothing and do not count. */
  readonly used: number
  readonly messages: number
  /** Those in force. */
  readonly limits: QuotaLimits
}

export interface Quota extends QuotaUse {
  readonly account: AccountId
  readonly address: string
  /** What was set for this user; null: as the configuration has it. */
  readonly own: { readonly [K in keyof QuotaLimits]: QuotaLimits[K] | null }
  /** The last threshold that the user was warned of and has not fallen below since; 0: none. */
  readonly warned: Threshold | 0
}

export type QuotaUpdate = Partial<Quota['own']>

export interface Recalculated {
  /** What was believed. */
  readonly before: QuotaUse
  readonly quota: Quota
  /** Octets of the messages, with nothing on top. */
  readonly size: number
}

/** A user who reached a threshold and has not been told. */
export interface QuotaNotice {
  readonly quota: Quota
  readonly threshold: Threshold
}

/** What a commit did to somebody's quota, for the log. */
export type QuotaNote = { readonly account: AccountId; readonly address: string } & (
  | {
      readonly kind: 'charged'
      /** Octets charged. */
      readonly before: number
      readonly after: number
      readonly message: string
      readonly size: number
    }
  | {
      readonly kind: 'no-room'
      readonly used: number
      readonly limit: number
      readonly size: number
      readonly overflow: number
    }
  /** The sum was not that of the messages, and was counted anew. */
  | { readonly kind: 'broken'; readonly error: string }
)

export interface QuotaPage {
  readonly after?: string
  readonly limit?: number
}

export interface QuotaStore {
  /** One look-up, cheap enough for every RCPT. null: there is no such account (any more). */
  findQuota(account: AccountId): Promise<Quota | null>
  /** By address, ascending: those behind `after` (default ''), at most `limit` (default all). */
  listQuotas(page?: QuotaPage): Promise<readonly Quota[]>
  /** From now on, for all who have no limits of their own. Who is over it by this is warned with the next message. @throws 'unavailable' */
  setUsualQuota(limits: QuotaLimits): Promise<void>
  /** Only what is given. What is there stays, also where it is more than the limit. @throws 'no-such-user' */
  setQuota(account: AccountId, update: QuotaUpdate): Promise<Quota>
  /** Counts anew from the messages. @throws 'no-such-user' */
  recalculateQuota(account: AccountId): Promise<Recalculated>
  /** By account, those behind `after` (0: all); at most `limit`. */
  listNotices(after: AccountId | 0, limit: number): Promise<readonly QuotaNotice[]>
  /**
   * The user has been told of `threshold`: `message` goes to INBOX, exempt from the quota, unless so many such messages
   * are there that another would help nobody (StoreLimits.quotaWarnings). The store takes ownership of the blob.
   * @returns the INBOX; or null when there is nothing to tell any more, and then nothing was stored
   * @throws 'unavailable'
   */
  giveNotice(account: AccountId, threshold: Threshold, message: NewMessage): Promise<MailboxId | null>
}

/** Whether so much more fits. */
export const hasRoom = ({ used, messages, limits }: QuotaUse, more: { octets: number; messages: number }): boolean =>
  fits(used + more.octets, limits.octets) && fits(messages + more.messages, limits.messages)

/** Octets of `more` that do not fit; 0 when it is the number of messages that stands in the way. */
export const overflowOf = ({ used, limits }: QuotaUse, more: { octets: number }): number =>
  limits.octets === 0 ? 0 : Math.max(0, used + more.octets - limits.octets)

const fits = (sum: number, limit: number): boolean => limit === 0 || sum <= limit

/** Of the resource that is nearer to its limit, not rounded; 0 where nothing is limited. */
export const percentageOf = ({ used, messages, limits }: QuotaUse): number =>
  Math.max(share(used, limits.octets), share(messages, limits.messages))

const share = (used: number, limit: number): number => (limit === 0 ? 0 : (used * 100) / limit)

/** The highest threshold that is reached; 0: none. */
export const thresholdOf = (use: QuotaUse): Threshold | 0 => {
  const percentage = percentageOf(use)
  return thresholds.findLast((threshold) => percentage >= threshold) ?? 0
}

export const levelOf = (use: QuotaUse): QuotaLevel => {
  if (percentageOf(use) >= 100) return 'full'
  const threshold = thresholdOf(use)
  return threshold === 0 ? 'ok' : `${threshold}`
}
