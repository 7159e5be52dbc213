/** AccountStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.js'
import { lowerAscii } from '../../core/domain-name.js'
import type { StoreLimits } from '../../core/limits.js'
import { foldAddress } from '../../core/local-part.js'
import { canonicalName } from '../mailbox-name.js'
import type { Submit } from '../ops.js'
import type { Remover } from '../remover.js'
import type { AccountStore, User, UserQuery } from '../store.js'
import { readCredentials, readDomain, readDomains, readRecipient, readUser, readUsers } from './read-accounts.js'
import { reading } from './reading.js'
import type { RecipientCache } from './recipient-cache.js'
import { readSecrets } from './secrets.js'
import type { Statements } from './statements.js'

/** One user's row joins his mailboxes, one alias's its targets: a slice of them is shorter than one of messages. */
export const ROWS_PER_ACCOUNT = 10

export interface Parts {
  readonly sql: Statements
  readonly submit: Submit
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly remover: Pick<Remover, 'wake'>
  readonly recipients: RecipientCache
}

/** Addresses and domains are compared in their folded form, however they are given. */
/** The query with what is left of its offset, which is done in hops of `rows`. null: there are not so many. */
async function leaveOut<Q extends Omit<UserQuery, 'limit'>>(
  sql: Statements,
  query: Q,
  rows: number,
): Promise<Q | null> {
  let where = query
  for (let offset = query.offset ?? 0; offset > rows; offset -= rows) {
    const hop = { ...where, offset: rows - 1, limit: 1 }
    const [last] = await reading(() => readUsers(sql, hop))
    if (last === undefined) return null
    where = { ...where, after: last.address, offset: offset - rows }
    await nextTurn()
  }
  return where
}

/** In slices, so that other sessions get their turn. */
async function pageUsers(
  { sql, limits }: Pick<Parts, 'sql' | 'limits'>,
  { domain, limit, ...query }: UserQuery,
): Promise<readonly User[]> {
  const users: User[] = []
  const most = Math.ceil(limits.rowsPerSlice / ROWS_PER_ACCOUNT)
  const given = { ...query, domain: domain === undefined ? undefined : lowerAscii(domain) }
  const where = await leaveOut(sql, given, limits.rowsPerSlice)
  if (where === null) return []
  for (;;) {
    const last = users.at(-1)?.address
    const from = last === undefined ? where : { ...where, after: last, offset: 0 }
    const wanted = Math.min(most, limit - users.length)
    const slice = await reading(() => readUsers(sql, { ...from, limit: wanted }))
    users.push(...slice)
    if (slice.length < wanted || users.length >= limit) return users
    await nextTurn()
  }
}

export const accountStore = ({ sql, submit, clock, recipients, limits, remover }: Parts): AccountStore => ({
  addDomain: (name) => submit({ kind: 'add-domain', name: lowerAscii(name), at: clock.now() }),
  listDomains: () => reading(() => readDomains(sql)),
  findDomain: (name) => reading(() => readDomain(sql, lowerAscii(name))),
  removeDomain: async (name) => {
    await submit({ kind: 'remove-domain', name: lowerAscii(name) })
  },

  addUser: async (user) => {
    const mailboxes = user.mailboxes.map((m) => ({ ...m, name: canonicalName(m.name) }))
    if (!mailboxes.some(({ name }) => name === 'INBOX')) throw new Error('a user needs an INBOX')
    return submit({
      kind: 'add-user',
      user: { ...user, address: foldAddress(user.address), mailboxes },
      at: clock.now(),
    })
  },
  pageUsers: (query) => pageUsers({ sql, limits }, query),
  listUsers: (domain) => pageUsers({ sql, limits }, { domain, limit: Number.POSITIVE_INFINITY }),
  findUser: (address) => reading(() => readUser(sql, foldAddress(address))),
  findRecipient: (address) => {
    const folded = foldAddress(address)
    return reading(() => recipients.find(folded, () => readRecipient(sql, folded)))
  },
  findCredentials: (address) => reading(() => readCredentials(sql, foldAddress(address))),
  findSecrets: (address) => reading(() => readSecrets(sql, foldAddress(address))),
  updateUser: (address, update) => submit({ kind: 'update-user', address: foldAddress(address), update }),
  removeUser: async (address) => {
    await submit({ kind: 'remove-user', address: foldAddress(address) })
    remover.wake()
  },
  recordLogin: async (account, at, appPassword) => {
    await submit({ kind: 'record-login', account, at, appPassword: appPassword ?? null })
  },
})
