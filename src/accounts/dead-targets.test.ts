import { beforeEach, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { checkTargets } from './dead-targets.js'

let store: FakeAccounts
beforeEach(async () => {
  store = new FakeAccounts()
  for (const domain of ['ours.test', 'plain.test', 'all.test']) await store.addDomain(domain)
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  for (const address of ['alice@ours.test', 'alice@plain.test', 'off@ours.test'])
    await store.addUser({ address, displayName: '', passwordHash: '', mailboxes })
  await store.updateUser('off@ours.test', { status: 'inactive' })
  await store.updateDomain('plain.test', { subaddressing: false })
  await store.updateDomain('all.test', { catchAll: ['alice@ours.test'] })
  await store.addAlias('known@ours.test', ['alice@ours.test'])
})

test.each([
  ['alice@ours.test', false],
  ['alice+detail@ours.test', false],
  ['known@ours.test', false],
  ['known+detail@ours.test', false],
  ['off@ours.test', false],
  ['postmaster@ours.test', false],
  ['anybody@all.test', false],
  ['anybody@far.test', false],
  ['nobody@ours.test', true],
  ['nobody+detail@ours.test', true],
  ['+alice@ours.test', true],
  ['alice+detail@plain.test', true],
])('%s is dead: %s', async (target, dead) => {
  const alias = await store.addAlias('a@ours.test', [target, 'alice@plain.test'])
  const deadTargets = dead ? [target] : []
  expect(await checkTargets(store, [alias, { ...alias, targets: [] }])).toEqual([
    { ...alias, deadTargets },
    { ...alias, targets: [], deadTargets: [] },
  ])
})
