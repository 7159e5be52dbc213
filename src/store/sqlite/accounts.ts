/** AccountStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.js'
import { lowerAscii } from '../../core/domain-name.js'
import type { StoreLimits } from '../../core/limits.js'
import { foldAddress } from '../../core/local-part.js'
import type { Submit } from '../ops.js'
import type { AccountStore, User } from '../store.js'
import { inboxName } from './mail.js'
import { readCredentials, readDomain, readDomains, readRecipient, readUser, readUsers } from './read-accounts.js'
import { reading } from './reading.js'
import { readSecrets } from './secrets.js'
import type { Statements } from './statements.js'

/** One user's row joins his mailboxes, one alias's its targets: a slice of them is shorter than one of messages. */
export const ROWS_PER_ACCOUNT = 10

export interface Parts {
  readonly sql: Statements
  readonly submit: Submit
  readonly clock: Clock
  readonly limits: StoreLimits
}

/** Addresses and domains are compared in their folded form, however they are given. */
export const accountStore = ({ sql, submit, clock, limits }: Parts): AccountStore => ({
  addDomain: (name) => submit({ kind: 'add-domain', name: lowerAscii(name), at: clock.now() }),
  listDomains: () => reading(() => readDomains(sql)),
  findDomain: (name) => reading(() => readDomain(sql, lowerAscii(name))),
  removeDomain: async (name) => {
    await submit({ kind: 'remove-domain', name: lowerAscii(name) })
  },

  addUser: async (user) => {
    const mailboxes = user.mailboxes.map((m) => ({ ...m, name: inboxName(m.name) }))
    if (!mailboxes.some(({ name }) => name === 'INBOX')) throw new Error('a user needs an INBOX')
    return submit({
      kind: 'add-user',
      user: { ...user, address: foldAddress(user.address), mailboxes },
      at: clock.now(),
    })
  },
  listUsers: async (domain) => {
    const users: User[] = []
    const limit = Math.ceil(limits.rowsPerSlice / ROWS_PER_ACCOUNT)
    for (;;) {
      const after = users.at(-1)?.address ?? ''
      const slice = await reading(() => readUsers(sql, domain === undefined ? null : lowerAscii(domain), after, limit))
      users.push(...slice)
      if (slice.length < limit) return users
      await nextTurn()
    }
  },
  findUser: (address) => reading(() => readUser(sql, foldAddress(address))),
  findRecipient: (address) => reading(() => readRecipient(sql, foldAddress(address))),
  findCredentials: (address) => reading(() => readCredentials(sql, foldAddress(address))),
  findSecrets: (address) => reading(() => readSecrets(sql, foldAddress(address))),
  updateUser: (address, update) => submit({ kind: 'update-user', address: foldAddress(address), update }),
  removeUser: async (address) => {
    await submit({ kind: 'remove-user', address: foldAddress(address) })
  },
  recordLogin: async (account, at, appPassword) => {
    await submit({ kind: 'record-login', account, at, appPassword: appPassword ?? null })
  },
})
