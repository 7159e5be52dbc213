/** QuotaStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MailboxId } from '../../core/ids.js'
import type { Quota, QuotaStore } from '../quota.js'
import type { Parts } from './accounts.js'
import { blobData, release } from './blob-data.js'
import { readStatus } from './read-accounts.js'
import { readDeletedCharge, readNotices, readQuota, readQuotas, usualQuotaOf } from './read-quota.js'
import { reading } from './reading.js'
import { noSuchMailbox } from './refusals.js'

export function quotaStore({ sql, submit, limits }: Parts): QuotaStore {
  let usual = usualQuotaOf(limits)
  return {
    findQuota: (account) => reading(() => readQuota(sql, account, usual)),
    listQuotas: async ({ after = '', limit = Number.POSITIVE_INFINITY } = {}) => {
      const quotas: Quota[] = []
      for (;;) {
        const from = quotas.at(-1)?.address ?? after
        const wanted = Math.min(limits.rowsPerSlice, limit - quotas.length)
        const slice = await reading(() => readQuotas(sql, from, wanted, usual))
        for (const quota of slice) quotas.push(quota)
        await nextTurn()
        if (slice.length < wanted || quotas.length >= limit) return quotas
      }
    },
    setUsualQuota: async (given) => {
      await submit({ kind: 'set-usual-quota', limits: given })
      usual = given
    },
    setQuota: (account, update) => submit({ kind: 'set-quota', account, update }),
    recalculateQuota: (account) => submit({ kind: 'recalculate-quota', account }),
    listNotices: (after, limit) => reading(() => readNotices(sql, after, limit, usual)),
    giveNotice: async (account, threshold, { blob, ...rest }) => {
      try {
        return await submit({ kind: 'give-notice', account, threshold, message: { ...rest, blob: blobData(blob) } })
      } finally {
        await release(blob)
      }
    },
  }
}

/** Nothing is looked through where the counters say that nothing is marked, which is nearly always. */
export async function deletedCharge(
  { sql, limits }: Pick<Parts, 'sql' | 'limits'>,
  mailbox: MailboxId,
): Promise<number> {
  const status = await reading(() => readStatus(sql, mailbox))
  if (status === null) throw noSuchMailbox(mailbox)
  let sum = 0
  for (let after: number | null = status.deleted === 0 ? null : 0; after !== null; ) {
    const from: number = after
    const slice = await reading(() => readDeletedCharge(sql, mailbox, from, limits.rowsPerSlice))
    sum += slice.charge
    after = slice.last
    await nextTurn()
  }
  return sum
}
