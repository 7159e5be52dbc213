import { beforeEach, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { StoreDirectory } from './directory.js'

let store: FakeAccounts
beforeEach(async () => {
  store = new FakeAccounts()
  for (const domain of ['example.org', 'xn--bcher-kva.example']) await store.addDomain(domain)
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  for (const address of ['alice@example.org', 'off@example.org', 'postmaster@example.org', 'a@xn--bcher-kva.example'])
    await store.addUser({ address, displayName: '', passwordHash: '', mailboxes })
  await store.updateUser('off@example.org', { status: 'inactive' })
})

const resolve = (localPart: string, domain: string, hostname = 'mail.example.org') =>
  new StoreDirectory({ store, hostname }).resolve(localPart, domain)

test.each([
  ['alice', 'example.org', 'alice@example.org'],
  ['ALICE', 'Example.ORG', 'alice@example.org'],
  ['Postmaster', 'example.org', 'postmaster@example.org'],
  ['a', 'b\u00fccher.example', 'a@xn--bcher-kva.example'],
  ['PostMaster', '', 'postmaster@example.org'],
])('%s at %j is the user %s', async (localPart, domain, address) => {
  const user = await store.findUser(address)
  expect(await resolve(localPart, domain)).toEqual({
    kind: 'local',
    account: user?.id,
    mailbox: (await store.findMailbox(user?.id ?? (0 as never), 'INBOX'))?.id,
    address,
  })
})

test.each([
  ['nobody', 'example.org', 'unknown-user'],
  ['al ice', 'example.org', 'unknown-user'],
  ['', 'example.org', 'unknown-user'],
  ['x'.repeat(65), 'example.org', 'unknown-user'],
  ['postmaster', 'xn--bcher-kva.example', 'unknown-user'],
  ['off', 'example.org', 'disabled'],
  ['alice', 'sub.example.org', 'remote'],
  ['alice', 'other.example', 'remote'],
  ['alice', '[127.0.0.1]', 'remote'],
  ['alice', 'example.org.', 'remote'],
  ['alice', '', 'unknown-user'],
])('%j at %j is %s', async (localPart, domain, kind) => {
  expect(await resolve(localPart, domain)).toEqual({ kind })
})

test('a postmaster without a domain on a host of no domain of ours', async () => {
  expect(await resolve('postmaster', '', 'localhost')).toEqual({ kind: 'unknown-user' })
})

test('what changes in the store is seen at once', async () => {
  await store.removeUser('alice@example.org')
  expect(await resolve('alice', 'example.org')).toEqual({ kind: 'unknown-user' })
})
