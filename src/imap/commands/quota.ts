/**
 * GETQUOTA, GETQUOTAROOT, SETQUOTA: what a user may keep, and how much there is. Every user has one quota root,
 * whose name is the user's address; all mailboxes are under it.
 */
import { parseAddress } from '../../accounts/address.js'
import { canonicalName } from '../../store/mailbox-name.js'
import type { Quota, QuotaUpdate } from '../../store/quota.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { type Completion, no, ok } from '../completion.js'
import type { UserContext } from '../context.js'
import { Refused } from '../errors.js'
import { quotaSet } from '../events.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

export interface GetQuota {
  readonly name: 'GETQUOTA'
  readonly root: string
}
export interface GetQuotaRoot {
  readonly name: 'GETQUOTAROOT'
  readonly mailbox: string
}
export interface SetQuota {
  readonly name: 'SETQUOTA'
  readonly root: string
  /** By resource, in capitals and the resource's own units. */
  readonly limits: ReadonlyMap<string, number>
}

/** STORAGE counts in these: RFC 9208 §5.1. */
const UNIT = 1024

/** Upwards, so that nothing is said to be used up, or free, that is not. */
const units = (octets: number): number => Math.ceil(octets / UNIT)

const parseRoot = (s: Scanner): string => s.astring('the name of a quota root').toString('utf8')

/** setquota = "SETQUOTA" SP quota-root-name SP "(" [resource-name SP number64 …] ")": RFC 9208 §7 */
export function parseSetQuota(s: Scanner): SetQuota {
  const root = parseRoot(s.sp())
  const limits = new Map<string, number>()
  s.sp().list(() => {
    const resource = s.keyword('a resource')
    if (limits.has(resource)) s.fail('each resource once')
    limits.set(resource, s.sp().number('a limit'))
  }, '"(" before the limits')
  return { name: 'SETQUOTA', root, limits }
}

/** quota-response, of what is limited: RFC 9208 §4.2.1 */
export function quotaResponse({ address, used, messages, limits }: Quota): string {
  const resources = [
    ...(limits.octets === 0 ? [] : [`STORAGE ${units(used)} ${units(limits.octets)}`]),
    ...(limits.messages === 0 ? [] : [`MESSAGE ${messages} ${limits.messages}`]),
  ]
  return `QUOTA ${rootName(address)} (${resources.join(' ')})`
}

const rootName = (address: string): string => imapAstring(Buffer.from(address).toString('latin1'))

/** @throws Refused for the root of somebody else, which only an administrator learns of, and for none */
async function quotaOf({ quotas, account, administrator }: UserContext, root: string): Promise<Quota> {
  const address = parseAddress(root)?.address ?? ''
  const own = await quotas.findQuota(account)
  if (own?.address === address) return own
  const user = administrator ? await quotas.findUser(address) : null
  const quota = user === null ? null : await quotas.findQuota(user.id)
  if (quota === null) throw new Refused(no('NONEXISTENT', 'No such quota root'))
  return quota
}

/** All limits of the root are as given, and what is not given is not limited any more (RFC 9208 §4.1.3). */
function updateOf(limits: SetQuota['limits']): QuotaUpdate {
  for (const [resource, limit] of limits) {
    if (resource !== 'STORAGE' && resource !== 'MESSAGE') throw cannot(`${resource} cannot be limited`)
    if (limit === 0) throw cannot('A limit of 0 cannot be set: leave the resource out for no limit')
    if (!Number.isSafeInteger(limit * UNIT))
      throw cannot('This limit is too large: leave the resource out for no limit')
  }
  return { octets: (limits.get('STORAGE') ?? 0) * UNIT, messages: limits.get('MESSAGE') ?? 0 }
}

const cannot = (why: string): Refused => new Refused(no('CANNOT', why))

async function setQuota(cx: UserContext, { root, limits }: SetQuota): Promise<Completion> {
  if (!cx.administrator) return no('NOPERM', 'Quotas are set by the administrators of this server')
  const { account, address } = await quotaOf(cx, root)
  const quota = await cx.quotas.setQuota(account, updateOf(limits))
  quotaSet(cx.log, { email: address, limit_bytes: quota.limits.octets, limit_messages: quota.limits.messages })
  cx.out.untagged(quotaResponse(quota))
  return ok('SETQUOTA completed')
}

export const quotaCommands = {
  GETQUOTA: userRow<GetQuota>({
    rfc: 'RFC 9208 §4.1.1',
    numbers: 'renews',
    parse: (s) => ({ name: 'GETQUOTA', root: parseRoot(s.sp()) }),
    async run(cx, { root }) {
      cx.out.untagged(quotaResponse(await quotaOf(cx, root)))
      return ok('GETQUOTA completed')
    },
  }),

  /** Also of a mailbox that is not there: it may be created (RFC 9208 §4.1.2). */
  GETQUOTAROOT: userRow<GetQuotaRoot>({
    rfc: 'RFC 9208 §4.1.2',
    numbers: 'renews',
    parse: (s) => ({ name: 'GETQUOTAROOT', mailbox: s.sp().mailbox() }),
    async run({ quotas, account, out }, { mailbox }) {
      const quota = await quotas.findQuota(account)
      if (quota === null) return no('NONEXISTENT', 'The account is gone')
      out.untagged(`QUOTAROOT ${imapAstring(encodeUtf7(canonicalName(mailbox)))} ${rootName(quota.address)}`)
      out.untagged(quotaResponse(quota))
      return ok('GETQUOTAROOT completed')
    },
  }),

  SETQUOTA: userRow<SetQuota>({ rfc: 'RFC 9208 §4.1.3', numbers: 'renews', parse: parseSetQuota, run: setQuota }),
}
