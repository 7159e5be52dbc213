import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { StoreSendingRights } from './sending-rights.js'

const MAILBOXES = [{ name: 'INBOX', specialUse: null }]
const ALICE = 'alice@ours.test'

let store: FakeAccounts
let rights: StoreSendingRights

beforeEach(async () => {
  store = new FakeAccounts()
  rights = new StoreSendingRights(store)
  for (const domain of ['ours.test', 'plain.test']) await store.addDomain(domain)
  for (const address of [
    ALICE,
    'bob@ours.test',
    'bob+x@ours.test',
    'eve@plain.test',
    '\u043f\u0451\u0442\u0440@ours.test',
  ])
    await store.addUser({ address, displayName: '', passwordHash: '', mailboxes: MAILBOXES })
  await store.updateDomain('ours.test', { subaddressing: true, separator: '+', catchAll: [ALICE] })
  await store.updateDomain('plain.test', { subaddressing: false })
  await store.addAlias('sales@ours.test', [ALICE, 'bob@ours.test', 'somebody@elsewhere.example'])
  await store.addAlias('info@ours.test', ['sales@ours.test'])
  await store.addAlias('tagged@plain.test', ['alice+tag@ours.test'])
  await store.addAlias('b\u00fcro@ours.test', [ALICE])
  await store.addAlias('round@ours.test', ['about@ours.test'])
  await store.addAlias('about@ours.test', ['round@ours.test'])
})

const owns = (user: string, address: string): Promise<boolean> => {
  const at = address.lastIndexOf('@')
  return rights.owns(user, address.slice(0, at), address.slice(at + 1))
}

describe('owns', () => {
  test.each([
    [ALICE, ALICE, true],
    [ALICE, 'ALICE@Ours.TEST', true],
    [ALICE, 'bob@ours.test', false],
    [ALICE, 'alice@elsewhere.example', false],
    [ALICE, 'nobody@ours.test', false],
    [ALICE, 'alice', false],
    [ALICE, 'two words@ours.test', false],
    [ALICE, 'alice@[192.0.2.1]', false],
    [ALICE, 'alice+detail@ours.test', true],
    [ALICE, 'alice+a+b@ours.test', true],
    [ALICE, '+alice@ours.test', false],
    [ALICE, 'Alice+my folder@Ours.test', true],
    [ALICE, 'alice+\u212a@ours.test', true],
    [ALICE, 'info+my folder@ours.test', true],
    [ALICE, 'bob+my folder@ours.test', false],
    [ALICE, 'al ice+x@ours.test', false],
    ['eve@plain.test', 'eve+my folder@plain.test', false],
    ['bob@ours.test', 'bob+y@ours.test', true],
    // Somebody has that very address.
    ['bob@ours.test', 'bob+x@ours.test', false],
    ['bob+x@ours.test', 'bob+x@ours.test', true],
    ['eve@plain.test', 'eve+detail@plain.test', false],
    [ALICE, 'sales@ours.test', true],
    ['bob@ours.test', 'sales@ours.test', true],
    ['eve@plain.test', 'sales@ours.test', false],
    [ALICE, 'info@ours.test', true],
    [ALICE, 'info+detail@ours.test', true],
    [ALICE, 'tagged@plain.test', true],
    [ALICE, 'round@ours.test', false],
    [ALICE, 'BU\u0308RO@ours.test', true],
    [ALICE, 'b\u00fcro+x@ours.test', true],
    [ALICE, '\u0430lice@ours.test', false],
    ['\u043f\u0451\u0442\u0440@ours.test', '\u041f\u0401\u0422\u0420+x@ours.test', true],
    ['\u043f\u0451\u0442\u0440@ours.test', '\u043f\u0435\u0308\u0442\u0440@ours.test', true],
    ['\u043f\u0451\u0442\u0440@ours.test', 'b\u00fcro@ours.test', false],
    ['nobody@ours.test', 'nobody@ours.test', false],
  ])('%s writes as %s: %s', async (user, address, expected) => {
    expect(await owns(user, address)).toBe(expected)
  })

  test('whoever may send as any, may', async () => {
    await store.updateUser(ALICE, { sending: { sendAs: 'any' } })
    expect(await owns(ALICE, 'ceo@bank.example')).toBe(true)
    expect(await owns('bob@ours.test', 'ceo@bank.example')).toBe(false)
  })

  test('a user who is disabled writes as nobody, and one who is gone', async () => {
    await store.updateUser(ALICE, { status: 'inactive', sending: { sendAs: 'any' } })
    expect(await owns(ALICE, ALICE)).toBe(false)
    await store.removeUser(ALICE)
    expect(await owns(ALICE, ALICE)).toBe(false)
  })
})

test('the switches of a user, as they are now', async () => {
  expect(await rights.switches(ALICE)).toEqual({ sendAs: 'own', messagesPerHour: null, recipientsPerHour: null })
  await store.updateUser(ALICE, { sending: { messagesPerHour: 0, recipientsPerHour: 7 } })
  expect(await rights.switches(ALICE)).toEqual({ sendAs: 'own', messagesPerHour: 0, recipientsPerHour: 7 })
  await store.updateUser(ALICE, { status: 'inactive' })
  expect(await rights.switches(ALICE)).toBeNull()
  expect(await rights.switches('nobody@ours.test')).toBeNull()
})
