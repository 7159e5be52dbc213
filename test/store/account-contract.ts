/** AccountStore: domains, users, logins. */

import { describe, expect } from 'vitest'
import type { AccountId } from '../../src/core/ids.js'
import { type ScramKeys, type UserQuery, type UserSecrets, usualAccess, usualSending } from '../../src/store/store.js'
import { PATIENCE } from '../patience.js'
import { appendAll, inboxOf, type NewStore, newInbox, newUser, refusal, START, uid } from './fixtures.js'
import { ruleOf } from './rule.js'

const INBOX = { name: 'INBOX', specialUse: null }
const bytes = (n: number): Uint8Array => Uint8Array.of(n, n, n)

/** A store gives octets as any kind of Uint8Array. */
function plainSecrets(secrets: UserSecrets | null): UserSecrets | null {
  if (secrets === null) return null
  const { scram, cramMd5 } = secrets
  return { scram: scram && plainKeys(scram), cramMd5: cramMd5 && Uint8Array.from(cramMd5) }
}

const plainKeys = ({ salt, iterations, storedKey, serverKey }: ScramKeys): ScramKeys => ({
  salt: Uint8Array.from(salt),
  iterations,
  storedKey: Uint8Array.from(storedKey),
  serverKey: Uint8Array.from(serverKey),
})

export function accountContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('domains', () => {
    rule('a domain is in lower case and known from then on', async (store) => {
      const added = await store.addDomain('Example.TEST')
      expect(added).toEqual({
        name: 'example.test',
        createdAt: START,
        users: 0,
        aliases: 0,
        catchAll: [],
        subaddressing: true,
        separator: '+',
        detailFolders: false,
      })
      expect(await store.findDomain('EXAMPLE.test')).toEqual(added)
      expect(await store.findDomain('other.test')).toBeNull()
      await store.addDomain('a.test')
      expect((await store.listDomains()).map((d) => d.name)).toEqual(['a.test', 'example.test'])
    })

    rule('addresses in UTF-8 are found in every form of them, and no other is', async (store) => {
      const { address } = await newUser(store, 'J\u00fcRGEN+\u039f\u0394\u039f\u03a3@example.test')
      expect(address).toBe('j\u00fcrgen+\u03bf\u03b4\u03bf\u03c3@example.test')
      for (const form of [
        address,
        address.normalize('NFD'),
        address.toUpperCase(),
        `${address}`.replace(/\u03c3/, '\u03c2'),
      ])
        expect((await store.findRecipient(form))?.address).toBe(address)
      for (const other of [address.replace('\u00fc', 'u'), address.replace('j', '\uff4a')])
        expect(await store.findUser(other)).toBeNull()
      await newUser(store, 'kate@example.test')
      expect(await store.findUser('\u212aate@example.test')).toBeNull()
      expect((await store.listUsers('example.test')).map((user) => user.address)).toEqual([
        address,
        'kate@example.test',
      ])
      await store.addAlias('B\u00dcRO@example.test', [address])
      expect(await store.findAlias('bu\u0308ro@example.test')).toEqual([address])
      await store.removeAlias('bu\u0308ro@example.test', null)
      await store.removeUser(address.toUpperCase())
      expect(await store.findCredentials(address)).toBeNull()
    })

    rule('a domain is added once', async (store) => {
      await store.addDomain('example.test')
      expect(await refusal(store.addDomain('EXAMPLE.test'))).toBe('domain-exists')
    })

    rule('a domain goes when it has no users', async (store) => {
      expect(await refusal(store.removeDomain('example.test'))).toBe('no-such-domain')
      const { address } = await newUser(store)
      expect(await refusal(store.removeDomain('example.test'))).toBe('domain-not-empty')
      await store.removeUser(address)
      await store.removeDomain('example.test')
      expect(await store.listDomains()).toEqual([])
    })
  })

  describe('users', () => {
    rule('a user has the mailboxes that were asked for, subscribed', async (store) => {
      await store.addDomain('example.test')
      const user = await store.addUser({
        address: 'Ann@Example.test',
        displayName: 'Ann',
        passwordHash: 'h',
        mailboxes: [
          { name: 'Sent', specialUse: '\\Sent' },
          { name: 'inbox', specialUse: null },
        ],
      })
      expect(user).toEqual({
        id: user.id,
        address: 'ann@example.test',
        displayName: 'Ann',
        status: 'active',
        createdAt: START,
        lastLogin: null,
        mailboxes: 2,
        messages: 0,
        size: 0,
        sending: usualSending,
        access: usualAccess,
      })
      expect(await store.listMailboxes(user.id)).toMatchObject([
        { name: 'INBOX', specialUse: null, subscribed: true },
        { name: 'Sent', specialUse: '\\Sent', subscribed: true },
      ])
      expect(await store.findUser('ANN@example.test')).toEqual(user)
      expect((await store.findDomain('example.test'))?.users).toBe(1)
    })

    rule('a user needs her domain, her own address and an INBOX', async (store) => {
      await newUser(store)
      expect(await refusal(newUser(store))).toBe('user-exists')
      const user = { address: 'x@other.test', displayName: '', passwordHash: '', mailboxes: [] }
      const mailboxes = [{ name: 'INBOX', specialUse: null }]
      expect(await refusal(store.addUser({ ...user, mailboxes }))).toBe('no-such-domain')
      await expect(store.addUser({ ...user, address: 'bob@example.test' })).rejects.toThrow('INBOX')
    })

    rule('a refused user leaves nothing behind', async (store) => {
      const { id } = await newUser(store)
      expect(await refusal(newUser(store, 'bob@example.test', 'Sent', 'Sent'))).toBe('mailbox-exists')
      expect(await store.findUser('bob@example.test')).toBeNull()
      expect(await store.listMailboxes((id + 1) as AccountId)).toEqual([])
    })

    rule('users are listed by address, of all domains or of one', async (store) => {
      for (const address of ['c@b.test', 'b@a.test', 'a@b.test']) await newUser(store, address)
      expect((await store.listUsers()).map((u) => u.address)).toEqual(['a@b.test', 'b@a.test', 'c@b.test'])
      expect((await store.listUsers('B.test')).map((u) => u.address)).toEqual(['a@b.test', 'c@b.test'])
      expect(await store.listUsers('c.test')).toEqual([])
    })

    for (const rowsPerSlice of [2, 20, 10_000])
      rule(
        `a page has those of a domain or a status, behind an address or a number (slices of ${rowsPerSlice})`,
        async (store) => {
          for (const name of ['a', 'b', 'c', 'd', 'e']) await newUser(store, `${name}@example.test`)
          await newUser(store, 'a@other.test')
          for (const name of ['b', 'd']) await store.updateUser(`${name}@example.test`, { status: 'inactive' })
          const names = async (query: UserQuery) =>
            (await store.pageUsers(query)).map(({ address }) => address.replace('@example.test', ''))
          expect(await names({ limit: 3 })).toEqual(['a', 'a@other.test', 'b'])
          expect(await names({ limit: 100 })).toEqual(['a', 'a@other.test', 'b', 'c', 'd', 'e'])
          expect(await names({ domain: 'Example.test', limit: 2, offset: 1 })).toEqual(['b', 'c'])
          expect(await names({ domain: 'example.test', limit: 9, offset: 4 })).toEqual(['e'])
          expect(await names({ domain: 'example.test', limit: 9, offset: 5 })).toEqual([])
          expect(await names({ domain: 'example.test', limit: 9, offset: 9 })).toEqual([])
          expect(await names({ after: 'c@example.test', limit: 9 })).toEqual(['d', 'e'])
          expect(await names({ after: 'c@example.test', limit: 9, offset: 1 })).toEqual(['e'])
          expect(await names({ status: 'inactive', limit: 9 })).toEqual(['b', 'd'])
          expect(await names({ status: 'active', domain: 'example.test', limit: 9 })).toEqual(['a', 'c', 'e'])
          expect(await names({ status: 'inactive', after: 'b@example.test', limit: 1 })).toEqual(['d'])
        },
        { rowsPerSlice },
      )

    rule(
      'long lists of users come whole',
      async (store) => {
        const addresses = Array.from({ length: 25 }, (_, i) => `u${i}@example.test`)
        for (const address of addresses) await newUser(store, address)
        expect((await store.listUsers()).map((u) => u.address)).toEqual(addresses.sort())
      },
      { rowsPerSlice: 50 },
    )

    rule('only what is given is updated', async (store) => {
      const { address, id } = await newUser(store)
      expect(await store.updateUser(address, { status: 'inactive' })).toMatchObject({ status: 'inactive', id })
      await store.updateUser(address, { displayName: 'A', passwordHash: 'new' })
      expect(await store.findCredentials('ANN@example.test')).toEqual({
        id,
        address,
        status: 'inactive',
        passwordHash: 'new',
        access: usualAccess,
      })
      expect(await refusal(store.updateUser('bob@example.test', {}))).toBe('no-such-user')
      expect(await store.findCredentials('bob@example.test')).toBeNull()
    })

    rule('of the switches for sending too, and null is a value', async (store) => {
      const { address } = await newUser(store)
      const sending = { sendAs: 'any', messagesPerHour: 0, recipientsPerHour: 7 } as const
      expect((await store.updateUser(address, { sending })).sending).toEqual(sending)
      await store.updateUser(address, { displayName: 'A', sending: { messagesPerHour: null } })
      await store.updateUser(address, { status: 'inactive' })
      expect((await store.findUser(address))?.sending).toEqual({ ...sending, messagesPerHour: null })
      expect((await store.listUsers())[0]?.sending.recipientsPerHour).toBe(7)
      expect(await refusal(store.updateUser('bob@example.test', { sending: { sendAs: 'any' } }))).toBe('no-such-user')
    })

    rule('and of the protocols by which she may log in', async (store) => {
      const { address } = await newUser(store)
      expect((await store.updateUser(address, { access: { smtp: false } })).access).toEqual({ smtp: false, imap: true })
      await store.updateUser(address, { displayName: 'A' })
      await store.updateUser(address, { access: { imap: false } })
      expect((await store.findUser(address))?.access).toEqual({ smtp: false, imap: false })
      expect((await store.findCredentials(address))?.access).toEqual({ smtp: false, imap: false })
      expect(await refusal(store.updateUser('bob@example.test', { access: { imap: true } }))).toBe('no-such-user')
    })

    rule('secrets come with a password and go with it', async (store) => {
      const scram = { salt: bytes(1), iterations: 4096, storedKey: bytes(2), serverKey: bytes(3) }
      const secrets = { scram, cramMd5: bytes(4) }
      const { address } = await newUser(store)
      expect(await store.findSecrets(address)).toBeNull()
      await store.updateUser(address, { passwordHash: 'new', secrets })
      expect(plainSecrets(await store.findSecrets(address.toUpperCase()))).toEqual(secrets)
      await store.updateUser(address, { status: 'inactive', displayName: 'A' })
      expect(plainSecrets(await store.findSecrets(address))).toEqual(secrets)
      await store.updateUser(address, { passwordHash: 'newer', secrets: { scram: null, cramMd5: bytes(5) } })
      expect(plainSecrets(await store.findSecrets(address))).toEqual({ scram: null, cramMd5: bytes(5) })
      await store.updateUser(address, { passwordHash: 'newest' })
      expect(await store.findSecrets(address)).toBeNull()
      expect(await store.findSecrets('nobody@example.test')).toBeNull()
    })

    rule('a user who is removed leaves no secrets to the next of that name', async (store) => {
      const user = { address: 'ann@example.test', displayName: '', passwordHash: 'h', mailboxes: [INBOX] }
      const secrets = { scram: null, cramMd5: bytes(1) }
      await store.addDomain('example.test')
      await store.addUser({ ...user, secrets })
      expect(plainSecrets(await store.findSecrets(user.address))).toEqual(secrets)
      await store.removeUser(user.address)
      await store.addUser(user)
      expect(await store.findSecrets(user.address)).toBeNull()
    })

    rule('a recipient is found in any case, with INBOX and status', async (store) => {
      const { user, inbox } = await newInbox(store)
      const { id: account, address } = user
      expect(await store.findRecipient(address.toUpperCase())).toEqual({ account, address, status: 'active', inbox })
      await store.updateUser(address, { status: 'inactive' })
      expect(await store.findRecipient(address)).toMatchObject({ status: 'inactive' })
      expect(await store.findRecipient('nobody@example.test')).toBeNull()
    })

    rule('the last login is kept, and never goes back', async (store) => {
      const { id, address } = await newUser(store)
      await store.recordLogin(id, 2000)
      await store.recordLogin(id, 1000)
      expect((await store.findUser(address))?.lastLogin).toBe(2000)
    })

    rule('a user counts her messages, copies each time', async (store) => {
      const { user, inbox } = await newInbox(store)
      await appendAll(store, inbox, ['same'], ['same'])
      const found = await store.findUser(user.address)
      expect(found).toMatchObject({ messages: 2, size: 2 * (await store.mailboxStatus(inbox)).size * 0.5 })
    })

    rule('a user goes with all her mail, and others keep theirs', async (store) => {
      const ann = await newUser(store)
      const bob = await newInbox(store, 'bob@example.test')
      const annsInbox = (await inboxOf(store, ann)).id
      await appendAll(store, annsInbox, ['shared'], ['own'])
      await appendAll(store, bob.inbox, ['shared'])
      const open = await store.openMailbox(annsInbox, { recent: false })
      const own = open.state.entry(uid(open.uids.last))
      await store.removeUser('ANN@example.test')
      expect(open.changes.pending).toEqual([{ type: 'account-removed' }])
      open.close()
      expect(await store.findUser(ann.address)).toBeNull()
      expect(await refusal(store.mailboxStatus(annsInbox))).toBe('no-such-mailbox')
      expect(await refusal(store.removeUser(ann.address))).toBe('no-such-user')
      await expect.poll(async () => own && store.openBlob(own.blob), PATIENCE).toBeNull()
      expect((await store.mailboxStatus(bob.inbox)).messages).toBe(1)
    })

    rule('somebody new of the same address begins with nothing, while the mail of before is erased', async (store) => {
      const before = await newInbox(store)
      await appendAll(store, before.inbox, ...Array.from({ length: 10 }, (_, i) => [`old ${i}`] as [string]))
      await store.removeUser(before.user.address)
      const { user, inbox } = await newInbox(store)
      expect(user.id).not.toBe(before.user.id)
      expect(inbox).not.toBe(before.inbox)
      expect(await store.findUser(user.address)).toMatchObject({ mailboxes: 1, messages: 0, size: 0 })
      expect(await store.check()).toEqual([])
      await appendAll(store, inbox, ['old 3'], ['new'])
      expect(await refusal(appendAll(store, before.inbox, ['late']))).toBe('no-such-mailbox')
      expect((await store.mailboxStatus(inbox)).messages).toBe(2)
    })
  })
}
