/** Queries about quotas; for the writer as well as for readers. */
import type { AccountId, MailboxId } from '../../core/ids.js'
import type { StoreLimits } from '../../core/limits.js'
import { FLAG } from '../changes.js'
import { chargeSql, type Quota, type QuotaLimits, type Threshold } from '../quota.js'
import type { Statements } from './statements.js'

/** Limits of users for whom none were set, as a store begins with. */
export const usualQuotaOf = ({ quotaOctets, quotaMessages }: StoreLimits): QuotaLimits => ({
  octets: quotaOctets,
  messages: quotaMessages,
})

interface QuotaRow extends Pick<Quota, 'account' | 'address' | 'used' | 'messages' | 'warned'> {
  readonly octetLimit: number | null
  readonly messageLimit: number | null
}

const QUOTA = `SELECT id AS account, address, quota_used AS used, quota_count AS messages, quota_warned AS warned,
  quota_octets AS octetLimit, quota_messages AS messageLimit FROM account`

const toQuota = ({ octetLimit, messageLimit, ...row }: QuotaRow, usual: QuotaLimits): Quota => ({
  ...row,
  own: { octets: octetLimit, messages: messageLimit },
  limits: { octets: octetLimit ?? usual.octets, messages: messageLimit ?? usual.messages },
})

export function readQuota(sql: Statements, account: AccountId, usual: QuotaLimits): Quota | null {
  const row = sql.get<QuotaRow>(`${QUOTA} WHERE id = ?`, account)
  return row === undefined ? null : toQuota(row, usual)
}

/** That of the account of a mailbox. */
export function readQuotaOf(sql: Statements, mailbox: MailboxId, usual: QuotaLimits): Quota | null {
  const row = sql.get<QuotaRow>(`${QUOTA} WHERE id = (SELECT account FROM mailbox WHERE id = ?)`, mailbox)
  return row === undefined ? null : toQuota(row, usual)
}

/** Those behind `after` by address, at most `limit`. */
export const readQuotas = (sql: Statements, after: string, limit: number, usual: QuotaLimits): Quota[] =>
  sql
    .all<QuotaRow>(`${QUOTA} WHERE address > ? ORDER BY address LIMIT ?`, after, limit)
    .map((row) => toQuota(row, usual))

/** What deleted mailboxes still hold is charged until it is erased. */
export const MAILBOXES_OF = '(SELECT id, account FROM mailbox UNION SELECT id, account FROM removed_mailbox)'

/** By account, those behind `after`. */
export const readNotices = (
  sql: Statements,
  after: number,
  limit: number,
  usual: QuotaLimits,
): { readonly quota: Quota; readonly threshold: Threshold }[] =>
  sql
    .all<QuotaRow & { readonly threshold: Threshold }>(
      `${QUOTA.replace(' FROM', ', quota_notice AS threshold FROM')} WHERE quota_notice > 0 AND id > ? ORDER BY id LIMIT ?`,
      after,
      limit,
    )
    .map(({ threshold, ...row }) => ({ quota: toQuota(row, usual), threshold }))

interface Counted extends QuotaLimits {
  /** Without what is on top. */
  readonly size: number
}

/** What the messages come to: every one of them is looked at. */
export function countMessages(sql: Statements, account: AccountId): Counted {
  const row = sql.get<Counted>(
    `SELECT coalesce(sum(${chargeSql('m.size')}), 0) AS octets, count(*) AS messages, coalesce(sum(m.size), 0) AS size
     FROM ${MAILBOXES_OF} b JOIN message m ON m.mailbox = b.id WHERE b.account = ? AND m.exempt = 0`,
    account,
  )
  return row ?? { octets: 0, messages: 0, size: 0 }
}

/** Of at most `limit` messages behind the UID `after`, the charge of those marked \\Deleted. `last`: the last of them, null: there are no more. */
export const readDeletedCharge = (
  sql: Statements,
  mailbox: MailboxId,
  after: number,
  limit: number,
): { readonly charge: number; readonly last: number | null } =>
  sql.get<{ charge: number; last: number | null }>(
    `SELECT coalesce(sum(${chargeSql('size')}) FILTER (WHERE system & ? AND exempt = 0), 0) AS charge, max(uid) AS last
     FROM (SELECT f.uid, f.system, m.size, m.exempt FROM message_flags f JOIN message m USING (mailbox, uid)
           WHERE f.mailbox = ? AND f.uid > ? ORDER BY f.uid LIMIT ?)`,
    FLAG.deleted,
    mailbox,
    after,
    limit,
  ) ?? { charge: 0, last: null }
