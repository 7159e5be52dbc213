import { beforeEach, describe, expect, test } from 'vitest'
import { FakeAccounts } from '../../test/fake-accounts.js'
import { type DirectoryRules, StoreDirectory } from './directory.js'

let store: FakeAccounts
beforeEach(async () => {
  store = new FakeAccounts()
  for (const domain of ['example.org', 'xn--bcher-kva.example']) await store.addDomain(domain)
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  for (const address of ['alice@example.org', 'off@example.org', 'postmaster@example.org', 'a@xn--bcher-kva.example'])
    await store.addUser({ address, displayName: '', passwordHash: '', mailboxes })
  await store.updateUser('off@example.org', { status: 'inactive' })
})

const NO_RULES: DirectoryRules = { postmaster: null, addressLiterals: [] }

const resolve = (
  localPart: string,
  domain: string,
  { hostname = 'mail.example.org', ...rules }: Partial<DirectoryRules> & { hostname?: string } = {},
) => new StoreDirectory({ store, hostname, rules: () => ({ ...NO_RULES, ...rules }) }).resolve(localPart, domain)

/** The addresses that mail comes to in the end. */
const reached = async (...given: Parameters<typeof resolve>): Promise<string[]> => {
  const found = await resolve(...given)
  if (found.kind === 'local') return [found.address]
  return found.kind === 'alias' ? found.targets.map(({ address }) => address).sort() : [found.kind]
}

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
  ['off', 'example.org', 'disabled'],
  ['alice', 'sub.example.org', 'remote'],
  ['alice', 'other.example', 'remote'],
  ['alice', '[127.0.0.1]', 'remote'],
  ['alice', 'example.org.', 'remote'],
  ['alice', '', 'unknown-user'],
])('%j at %j is %s', async (localPart, domain, kind) => {
  expect(await resolve(localPart, domain)).toEqual({ kind })
})

describe('aliases', () => {
  beforeEach(async () => {
    await store.addAlias('sales@example.org', ['alice@example.org', 'Bob@far.example', 'a@xn--bcher-kva.example'])
    await store.addAlias('all@example.org', ['sales@example.org', 'alice@example.org', 'nobody@example.org'])
    await store.addAlias('one@example.org', ['alice+x@example.org'])
    await store.addAlias('asleep@example.org', ['off@example.org', 'nobody@example.org'])
    await store.addAlias('gone@example.org', ['nobody@example.org'])
    await store.addAlias('ping@example.org', ['pong@example.org'])
    await store.addAlias('pong@example.org', ['ping@example.org'])
    await store.addAlias('itself@example.org', ['itself@example.org', 'alice@example.org'])
    await store.addAlias('folders@example.org', ['itself+x@example.org'])
  })

  test.each([
    ['sales', ['Bob@far.example', 'a@xn--bcher-kva.example', 'alice@example.org']],
    ['SALES', ['Bob@far.example', 'a@xn--bcher-kva.example', 'alice@example.org']],
    ['sales+spring', ['Bob@far.example', 'a@xn--bcher-kva.example', 'alice@example.org']],
    ['all', ['Bob@far.example', 'a@xn--bcher-kva.example', 'alice@example.org']],
    ['one', ['alice+x@example.org']],
    ['itself', ['alice@example.org']],
    ['folders', ['alice@example.org']],
  ])('%s leads to %j', async (localPart, addresses) => {
    expect(await reached(localPart, 'example.org')).toEqual(addresses)
  })

  test.each([
    ['asleep', 'disabled'],
    ['gone', 'unknown-user'],
    ['ping', 'loop'],
  ])('%s is %s', async (localPart, kind) => {
    expect(await resolve(localPart, 'example.org')).toEqual({ kind })
  })

  test('what is elsewhere is relayed only as an alias names it', async () => {
    expect(await resolve('Bob', 'far.example')).toEqual({ kind: 'remote' })
  })
})

describe('sub-addresses', () => {
  const mailboxes = ['INBOX', 'Work', 'Lists/Node', 'Big "Work"'].map((name) => ({ name, specialUse: null }))
  const where = async (localPart: string) => {
    const found = await resolve(localPart, 'example.org')
    if (found.kind !== 'local') return found.kind
    const names = mailboxes.map(({ name }) => name)
    for (const name of names) if ((await store.findMailbox(found.account, name))?.id === found.mailbox) return name
    return 'elsewhere'
  }
  beforeEach(async () => {
    await store.addUser({ address: 'dora@example.org', displayName: '', passwordHash: '', mailboxes })
    await store.addUser({ address: 'dora+own@example.org', displayName: '', passwordHash: '', mailboxes })
  })

  test('reach the user, whose own address comes first', async () => {
    expect(await reached('dora+work', 'example.org')).toEqual(['dora+work@example.org'])
    expect(await resolve('dora+own', 'example.org')).toMatchObject({ address: 'dora+own@example.org', account: 6 })
    expect(await resolve('dora+own+x', 'example.org')).toMatchObject({ account: 5 })
    expect(await where('dora+work')).toBe('INBOX')
    expect(await where('off+x')).toBe('disabled')
    expect(await where('nobody+x')).toBe('unknown-user')
    expect(await where('+x')).toBe('unknown-user')
  })

  test.each([
    ['dora+work', 'Work'],
    ['DORA+Work', 'Work'],
    ['dora+lists/node', 'Lists/Node'],
    ['dora+Lists', 'INBOX'],
    ['dora+inbox', 'INBOX'],
    ['dora+', 'INBOX'],
    ['dora', 'INBOX'],
    ['dora+big "work"', 'Big "Work"'],
    ['dora+no such', 'INBOX'],
  ])('%s goes into %s where the domain has folders', async (localPart, mailbox) => {
    await store.updateDomain('example.org', { detailFolders: true })
    expect(await where(localPart)).toBe(mailbox)
  })

  test('a detail that no name can have is the user, who is told by the own address', async () => {
    expect(await reached('dora+a b', 'example.org')).toEqual(['dora@example.org'])
    expect(await where('do ra+a')).toBe('unknown-user')
    await store.updateDomain('example.org', { subaddressing: false })
    expect(await where('dora+a b')).toBe('unknown-user')
  })

  test('another separator, or none', async () => {
    await store.updateDomain('example.org', { separator: '-', detailFolders: true })
    expect(await where('dora-work')).toBe('Work')
    expect(await where('dora+work')).toBe('unknown-user')
    await store.updateDomain('example.org', { subaddressing: false })
    expect(await where('dora-work')).toBe('unknown-user')
  })
})

describe('addresses in UTF-8', () => {
  const names = ['INBOX', 'R\u00e9union']
  beforeEach(async () => {
    const mailboxes = names.map((name) => ({ name, specialUse: null }))
    await store.addUser({ address: 'j\u00fcrgen@example.org', displayName: '', passwordHash: '', mailboxes })
    await store.addAlias('\u0431\u044e\u0440\u043e@example.org', ['j\u00fcrgen@example.org', '\u00dc@far.example'])
  })

  test.each([
    ['J\u00dcRGEN', ['j\u00fcrgen@example.org']],
    ['JU\u0308rgen', ['j\u00fcrgen@example.org']],
    ['Ju\u0308rgen+News', ['j\u00fcrgen+news@example.org']],
    ['\u0411\u042e\u0420\u041e', ['j\u00fcrgen@example.org', '\u00dc@far.example']],
    ['\u0431\u044e\u0440\u043e+x', ['j\u00fcrgen@example.org', '\u00dc@far.example']],
    ['jurgen', ['unknown-user']],
    ['j\u00fcr\u200bgen', ['unknown-user']],
    ['j\u00fcrg\u0435n', ['unknown-user']],
  ])('%j leads to %j', async (localPart, addresses) => {
    expect(await reached(localPart, 'example.org')).toEqual(addresses)
  })

  test.each([
    ['ju\u0308rgen+r\u00e9union', 'R\u00e9union'],
    ['JU\u0308RGEN+Re\u0301union', 'R\u00e9union'],
    ['j\u00fcrgen+union', 'INBOX'],
  ])('%j goes into %j', async (localPart, mailbox) => {
    await store.updateDomain('example.org', { detailFolders: true })
    const found = await resolve(localPart, 'example.org')
    if (found.kind !== 'local') return expect.fail(found.kind)
    expect((await store.findMailbox(found.account, mailbox))?.id).toBe(found.mailbox)
  })

  test('that nobody can have get to the catch-all', async () => {
    await store.updateDomain('example.org', { catchAll: ['alice@example.org'] })
    expect(await reached('\u{1f984}', 'example.org')).toEqual(['alice@example.org'])
  })
})

describe('catch-all', () => {
  beforeEach(async () => {
    await store.updateDomain('example.org', { catchAll: ['alice@example.org', 'eve@far.example'] })
  })

  test('gets what nobody else gets', async () => {
    for (const localPart of ['nobody', 'al ice', '', 'x'.repeat(65)])
      expect(await reached(localPart, 'example.org')).toEqual(['alice@example.org', 'eve@far.example'])
    expect(await reached('alice', 'example.org')).toEqual(['alice@example.org'])
    expect(await resolve('off', 'example.org')).toEqual({ kind: 'disabled' })
    expect(await resolve('nobody', 'xn--bcher-kva.example')).toEqual({ kind: 'unknown-user' })
  })

  test('that leads to nobody is a loop', async () => {
    await store.updateDomain('example.org', { catchAll: ['anybody@example.org'] })
    expect(await resolve('nobody', 'example.org')).toEqual({ kind: 'loop' })
  })
})

describe('the postmaster, who can always be written to', () => {
  const B = 'xn--bcher-kva.example'

  test('is a user, an alias, the configured address, the catch-all, the oldest user of the domain', async () => {
    expect(await reached('postmaster', B)).toEqual([`a@${B}`])
    await store.updateDomain(B, { catchAll: ['catch@far.example'] })
    expect(await reached('Postmaster', B)).toEqual(['catch@far.example'])
    expect(await reached('postmaster', B, { postmaster: 'alice@example.org' })).toEqual(['alice@example.org'])
    await store.addAlias(`postmaster@${B}`, ['alias@far.example'])
    expect(await reached('postmaster', B, { postmaster: 'alice@example.org' })).toEqual(['alias@far.example'])
  })

  test('is the oldest user of all where a domain has none', async () => {
    await store.addDomain('empty.example')
    expect(await reached('postmaster', 'empty.example')).toEqual(['alice@example.org'])
  })

  test('is somebody even if whoever was named is not there', async () => {
    await store.updateUser('postmaster@example.org', { status: 'inactive' })
    expect(await reached('postmaster', 'example.org')).toEqual(['alice@example.org'])
    expect(await reached('postmaster', B, { postmaster: 'gone@example.org' })).toEqual([`a@${B}`])
    expect(await reached('postmaster', B, { postmaster: `postmaster@${B}` })).toEqual([`a@${B}`])
    await store.addAlias(`postmaster@${B}`, [`postmaster@${B}`])
    expect(await reached('postmaster', B)).toEqual([`a@${B}`])
  })

  test('of the host itself is that of its domain', async () => {
    expect(await reached('postmaster', '')).toEqual(['postmaster@example.org'])
    expect(await reached('postmaster', 'mail.example.org')).toEqual(['postmaster@example.org'])
    expect(await reached('postmaster', '', { hostname: 'localhost' })).toEqual(['alice@example.org'])
    expect(await resolve('alice', 'mail.example.org')).toEqual({ kind: 'remote' })
    expect(await resolve('postmaster', 'other.example')).toEqual({ kind: 'remote' })
  })

  test('is nobody only where there is nobody', async () => {
    store = new FakeAccounts()
    await store.addDomain('example.org')
    expect(await resolve('postmaster', 'example.org')).toEqual({ kind: 'unknown-user' })
    expect(await resolve('postmaster', '', { hostname: 'localhost' })).toEqual({ kind: 'remote' })
  })
})

test.each([
  ['[192.0.2.1]', 'local'],
  ['[IPv6:2001:DB8::0:1]', 'local'],
  ['[ipv6:2001:db8::1]', 'local'],
  ['[192.0.2.2]', 'remote'],
  ['[2001:db8::1]', 'remote'],
  ['[tag:192.0.2.1]', 'remote'],
  ['[IPv6:zz]', 'remote'],
  ['[]', 'remote'],
])('alice at the literal %s is %s', async (domain, kind) => {
  const addressLiterals = ['192.0.2.1', '2001:db8::1']
  expect(await resolve('alice', domain, { addressLiterals })).toMatchObject({ kind })
  expect(await resolve('alice', domain)).toEqual({ kind: 'remote' })
})

test('a user takes one look-up', async () => {
  let asked = 0
  const counting = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        asked++
        return Reflect.apply(value, target, given) as unknown
      }
    },
  })
  await new StoreDirectory({ store: counting, hostname: 'mail.example.org', rules: () => NO_RULES }).resolve(
    'alice',
    'example.org',
  )
  expect(asked).toBe(1)
})

test('what changes in the store is seen at once', async () => {
  await store.removeUser('alice@example.org')
  expect(await resolve('alice', 'example.org')).toEqual({ kind: 'unknown-user' })
})
