/** MailboxStore on SQLite: reads here, writes through the writer. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AccountId } from '../../core/ids.js'
import { canonicalName } from '../mailbox-name.js'
import type { MailboxStore } from '../store.js'
import type { Parts } from './accounts.js'
import { readMailboxAnyCase, readMailboxByName, readMailboxes, readSubscriptions } from './read-accounts.js'
import { reading } from './reading.js'

/** A name is looked up once more, among the subscriptions: a slice of them is shorter than one of messages. */
const ROWS_PER_NAME = 4

export const mailboxStore = (parts: Parts): MailboxStore => ({
  listMailboxes: async (account) => {
    const all = await paged(parts, readMailboxes, account, ({ name }) => name)
    const inbox = all.findIndex(({ name }) => name === 'INBOX')
    return inbox < 1 ? all : [...all.splice(inbox, 1), ...all]
  },
  findMailbox: (account, name) => reading(() => readMailboxByName(parts.sql, account, canonicalName(name))),
  findMailboxAnyCase: (account, name) => reading(() => readMailboxAnyCase(parts.sql, account, canonicalName(name))),
  createMailbox: (account, { name, specialUse }) =>
    parts.submit({
      kind: 'create-mailbox',
      account,
      mailbox: { name: canonicalName(name), specialUse },
      at: parts.clock.now(),
    }),
  deleteMailbox: async (account, name) => {
    const id = await parts.submit({ kind: 'delete-mailbox', account, name: canonicalName(name) })
    parts.remover.wake()
    return id
  },
  renameMailbox: async (account, from, to, origin) => {
    const names = { from: canonicalName(from), to: canonicalName(to) }
    if (names.from === 'INBOX') await emptyInbox(parts, account, names.to, origin ?? null)
    else await parts.submit({ kind: 'rename-mailbox', account, ...names, at: parts.clock.now() })
  },
  listSubscriptions: (account) => paged(parts, readSubscriptions, account, (name) => name),
  setSubscription: async (account, name, subscribed) => {
    await parts.submit({ kind: 'set-subscription', account, name: canonicalName(name), subscribed })
  },
})

/** Slices, so that an account with many names does not hold up the others. */
async function paged<T>(
  { sql, limits }: Parts,
  read: (sql: Parts['sql'], account: AccountId, after: string, limit: number) => readonly T[],
  account: AccountId,
  nameOf: (item: T) => string,
): Promise<T[]> {
  const all: T[] = []
  const limit = Math.ceil(limits.rowsPerSlice / ROWS_PER_NAME)
  for (let after = ''; ; await nextTurn()) {
    const slice = await reading(() => read(sql, account, after, limit))
    for (const item of slice) all.push(item)
    const last = slice.at(-1)
    if (last === undefined || slice.length < limit) return all
    after = nameOf(last)
  }
}

/** INBOX itself stays, and its messages go into a new mailbox, a slice after the other (RFC 3501 §6.3.5). */
async function emptyInbox(parts: Parts, account: AccountId, to: string, origin: string | null): Promise<void> {
  const { sql, submit, clock, limits } = parts
  const at = clock.now()
  const made = await submit({ kind: 'create-mailbox', account, mailbox: { name: to, specialUse: null }, at })
  const inbox = await reading(() => readMailboxByName(sql, account, 'INBOX'))
  if (inbox === null) return
  const limit = limits.rowsPerWrite
  const route = { from: inbox.id, to: made.id, uids: null, limit, origin }
  while ((await submit({ kind: 'move-messages', ...route })).from.length === limit) {}
}
