import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { aliasLimits } from '../core/limits.js'
import { AliasService } from './alias-service.js'
import { AccountError, type AccountRefusal } from './errors.js'

let store = new FakeAccounts()
let service = new AliasService(store)
beforeEach(async () => {
  store = new FakeAccounts()
  service = new AliasService(store)
  await store.addDomain('example.org')
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  await store.addUser({ address: 'alice@example.org', displayName: '', passwordHash: '', mailboxes })
})

const refusal = async (work: Promise<unknown>): Promise<readonly [AccountRefusal, string]> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AccountError)) throw error ?? new Error('it was not refused')
  return [error.refusal, error.message]
}

test('targets of ours are kept in lower case, others as they were written', async () => {
  const added = await service.add('Sales@EXAMPLE.org', ['Alice@Example.ORG', 'Bob@B\u00dcCHER.example'])
  const targets = ['Bob@xn--bcher-kva.example', 'alice@example.org']
  expect(added).toEqual({ address: 'sales@example.org', targets, deadTargets: [], createdAt: 0 })
  expect(await service.list()).toEqual([added])
  expect(await service.list('EXAMPLE.org')).toEqual([added])
})

test('addresses in UTF-8 are kept in one form if they are ours, and as they were written elsewhere', async () => {
  const added = await service.add('BU\u0308RO@example.org', [
    'B\u00dcro-2@Example.org',
    '\u00dcber\u{1f984}@far.example',
  ])
  expect(added.address).toBe('b\u00fcro@example.org')
  expect(added.targets).toEqual(['b\u00fcro-2@example.org', '\u00dcber\u{1f984}@far.example'])
  await service.removeTarget('B\u00dcRO@example.org', '\u00fcBER\u{1f984}@far.example')
  expect(await store.findAlias('b\u00fcro@example.org')).toEqual(['b\u00fcro-2@example.org'])
})

test('a target goes in whatever case it is named', async () => {
  await service.add('sales@example.org', ['Bob@far.example', 'alice@example.org'])
  await service.removeTarget('sales@example.org', 'BOB@far.example')
  expect(await store.findAlias('sales@example.org')).toEqual(['alice@example.org'])
  await service.removeTarget('sales@example.org', 'alice@example.org')
  expect(await service.list()).toEqual([])
  await service.add('sales@example.org', ['alice@example.org'])
  await service.remove('SALES@example.org')
  expect(await service.list()).toEqual([])
})

test('the rules of a domain', async () => {
  const rules = { catchAll: ['ALICE@example.org'], separator: '-', subaddressing: false, detailFolders: true }
  const after = { ...rules, catchAll: ['alice@example.org'] }
  expect(await service.setDomain('EXAMPLE.org', rules)).toMatchObject(after)
  expect(await service.setDomain('example.org', { catchAll: [] })).toMatchObject({ ...after, catchAll: [] })
  expect(await service.showDomain('Example.org')).toMatchObject({ ...after, catchAll: [], users: 1, aliases: 0 })
})

describe('is refused in one line', () => {
  const many = Array.from({ length: aliasLimits.targets + 1 }, (_, i) => `t${i}@far.example`)
  const rows: [what: string, work: () => Promise<unknown>, refusal: AccountRefusal, message: string][] = [
    [
      'no address',
      () => service.add('sales', ['a@b.c']),
      'bad-address',
      '"sales" is not an address of the form user@domain',
    ],
    [
      'a target that is no address',
      () => service.add('sales@example.org', ['a b@c.d']),
      'bad-address',
      '"a b@c.d" is not an address of the form user@domain',
    ],
    [
      'an alias that looks like another',
      () => service.add('s\u0430les@example.org', ['a@b.c']),
      'bad-address',
      '"s\u0430les@example.org" cannot be an address here: "s\u0430les" has letters of both Latin and Cyrillic in one word',
    ],
    [
      'a target of ours that nobody can have',
      () => service.add('sales@example.org', ['\u212aate@example.org']),
      'bad-address',
      '"\u212aate@example.org" cannot be an address here: U+212A in it is taken for the ASCII character that it looks like',
    ],
    [
      'a target with a control in it',
      () => service.add('sales@example.org', ['a\u202eb@far.example']),
      'bad-address',
      '"a\u202eb@far.example" is not an address of the form user@domain',
    ],
    ['a domain that is not ours', () => service.add('a@b.c', ['a@b.c']), 'no-such-domain', 'there is no domain b.c'],
    [
      'the address of a user',
      () => service.add('alice@example.org', ['a@b.c']),
      'user-exists',
      'the user alice@example.org exists already',
    ],
    [
      'too many targets',
      () => service.add('sales@example.org', many),
      'too-many-targets',
      'sales@example.org would have more than 1000 targets',
    ],
    ['no alias', () => service.remove('sales@example.org'), 'no-such-alias', 'there is no alias sales@example.org'],
    [
      'a target of no alias',
      () => service.removeTarget('sales@example.org', 'a@b.c'),
      'no-such-alias',
      'there is no alias sales@example.org',
    ],
    ['aliases of no domain', () => service.list('b.c'), 'no-such-domain', 'there is no domain b.c'],
    ['no domain', () => service.showDomain('-'), 'bad-domain', '"-" is not a domain name'],
    ['rules of no domain', () => service.setDomain('b.c', {}), 'no-such-domain', 'there is no domain b.c'],
    [
      'a separator of two',
      () => service.setDomain('example.org', { separator: '--' }),
      'bad-separator',
      '"--" is not one of ! # $ % & \' * + / = ? ^ _ ` { | } ~ -',
    ],
  ]
  test.each(rows)('%s', async (_, work, kind, message) => {
    expect(await refusal(work())).toEqual([kind, message])
  })

  test('a target that an alias does not have', async () => {
    await service.add('sales@example.org', ['alice@example.org'])
    const gone = service.removeTarget('sales@example.org', 'bob@example.org')
    expect(await refusal(gone)).toEqual(['no-such-target', 'sales@example.org does not lead to bob@example.org'])
  })
})
