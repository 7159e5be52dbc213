/** AliasStore: aliases, catch-all, and the rules of a domain. */
import { describe, expect } from 'vitest'
import { aliasLimits } from '../../src/core/limits.js'
import { type NewStore, newUser, refusal, START } from './fixtures.js'
import { ruleOf } from './rule.js'

const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `t${i}@far.test`)

export function aliasContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('aliases', () => {
    rule('an alias has the targets that it was given, each once, as they were written', async (store, clock) => {
      await store.addDomain('example.test')
      const alias = await store.addAlias('Sales@Example.TEST', ['B@far.test', 'a@far.test', 'B@far.test'])
      expect(alias).toEqual({
        address: 'sales@example.test',
        targets: ['B@far.test', 'a@far.test'],
        createdAt: START,
      })
      await clock.advance(5)
      const more = await store.addAlias('sales@example.test', ['c@far.test', 'a@far.test'])
      expect(more).toEqual({ ...alias, targets: ['B@far.test', 'a@far.test', 'c@far.test'] })
      expect(await store.findAlias('SALES@example.test')).toEqual(more.targets)
      expect(await store.findAlias('other@example.test')).toBeNull()
      expect((await store.findDomain('example.test'))?.aliases).toBe(1)
    })

    rule('an alias and a user never have the same address', async (store) => {
      const { address } = await newUser(store)
      expect(await refusal(store.addAlias('ANN@example.test', ['x@far.test']))).toBe('user-exists')
      await store.addAlias('sales@example.test', [address])
      expect(await refusal(newUser(store, 'sales@example.test'))).toBe('alias-exists')
      expect(await store.findUser('sales@example.test')).toBeNull()
      await store.removeUser(address)
      expect(await store.findAlias('sales@example.test')).toEqual([address])
      await store.addAlias(address, ['x@far.test'])
      expect(await refusal(newUser(store))).toBe('alias-exists')
    })

    rule('an alias needs a domain of ours and a target', async (store) => {
      expect(await refusal(store.addAlias('a@other.test', ['x@far.test']))).toBe('no-such-domain')
      await store.addDomain('other.test')
      await expect(store.addAlias('a@other.test', [])).rejects.toThrow('target')
    })

    rule('targets go one by one, and the alias with the last of them', async (store) => {
      await store.addDomain('example.test')
      await store.addAlias('a@example.test', ['x@far.test', 'y@far.test', 'z@far.test'])
      await store.removeAlias('A@example.test', ['y@far.test', 'unknown@far.test'])
      expect(await store.findAlias('a@example.test')).toEqual(['x@far.test', 'z@far.test'])
      await store.removeAlias('a@example.test', ['x@far.test', 'z@far.test'])
      expect(await store.findAlias('a@example.test')).toBeNull()
      expect(await refusal(store.removeAlias('a@example.test', null))).toBe('no-such-alias')
      await store.addAlias('a@example.test', ['x@far.test', 'y@far.test'])
      await store.removeAlias('a@example.test', null)
      expect(await store.listAliases()).toEqual([])
    })

    rule('the targets of an alias are bounded, and one too many changes nothing', async (store) => {
      await store.addDomain('example.test')
      const targets = many(aliasLimits.targets)
      await store.addAlias('a@example.test', targets)
      expect(await refusal(store.addAlias('a@example.test', ['more@far.test']))).toBe('too-many-targets')
      expect(await refusal(store.addAlias('b@example.test', [...targets, 'more@far.test']))).toBe('too-many-targets')
      expect(await store.findAlias('a@example.test')).toHaveLength(aliasLimits.targets)
      expect(await store.findAlias('b@example.test')).toBeNull()
    })

    rule(
      'they are listed by address, of all domains or of one, however many',
      async (store) => {
        for (const domain of ['a.test', 'b.test']) await store.addDomain(domain)
        const names = Array.from({ length: 12 }, (_, i) => `n${i}@${i % 2 === 0 ? 'a' : 'b'}.test`)
        for (const name of names) await store.addAlias(name, ['x@far.test'])
        expect((await store.listAliases()).map((a) => a.address)).toEqual([...names].sort())
        const ofA = names.filter((name) => name.endsWith('@a.test')).sort()
        expect((await store.listAliases('A.test')).map((a) => a.address)).toEqual(ofA)
        expect(await store.listAliases('c.test')).toEqual([])
      },
      { rowsPerSlice: 50 },
    )
  })

  describe('rules of a domain', () => {
    rule('only what is given changes', async (store) => {
      await store.addDomain('example.test')
      const given = { catchAll: ['b@far.test', 'a@far.test', 'b@far.test'], detailFolders: true }
      const after = { catchAll: ['a@far.test', 'b@far.test'], detailFolders: true }
      expect(await store.updateDomain('EXAMPLE.test', given)).toMatchObject({ ...after, subaddressing: true })
      await store.updateDomain('example.test', { separator: '-' })
      await store.updateDomain('example.test', { subaddressing: false })
      expect(await store.findDomain('example.test')).toMatchObject({ ...after, separator: '-', subaddressing: false })
      const settings = { ...after, separator: '-', subaddressing: false }
      expect(await store.findDomainSettings('Example.test')).toEqual(settings)
      expect(await store.updateDomain('example.test', { catchAll: [] })).toMatchObject({ catchAll: [] })
      expect(await store.findDomainSettings('other.test')).toBeNull()
      expect(await refusal(store.updateDomain('other.test', {}))).toBe('no-such-domain')
      const catchAll = many(aliasLimits.targets + 1)
      expect(await refusal(store.updateDomain('example.test', { catchAll }))).toBe('too-many-targets')
    })

    rule('a domain with aliases stays; its catch-all goes with it', async (store) => {
      await store.addDomain('example.test')
      await store.updateDomain('example.test', { catchAll: ['x@far.test'], separator: '-' })
      await store.addAlias('a@example.test', ['x@far.test'])
      expect(await refusal(store.removeDomain('example.test'))).toBe('domain-not-empty')
      await store.removeAlias('a@example.test', null)
      await store.removeDomain('example.test')
      await store.addDomain('example.test')
      expect(await store.findDomainSettings('example.test')).toMatchObject({ catchAll: [], separator: '+' })
    })

    rule('what leads to an address is found from there, by name and within a limit', async (store) => {
      for (const name of ['example.test', 'other.test', 'third.test']) await store.addDomain(name)
      await newUser(store)
      expect(await store.findLeading('ann@example.test', 10)).toEqual({ aliases: [], catchAlls: [] })
      for (const name of ['c@example.test', 'a@other.test', 'b@example.test'])
        await store.addAlias(name, ['x@far.test', 'ann@example.test'])
      await store.addAlias('d@example.test', ['a@other.test'])
      for (const name of ['third.test', 'other.test'])
        await store.updateDomain(name, { catchAll: ['ann@example.test', 'x@far.test'] })
      const aliases = ['a@other.test', 'b@example.test', 'c@example.test']
      expect(await store.findLeading('ANN@example.test', 10)).toEqual({
        aliases,
        catchAlls: ['other.test', 'third.test'],
      })
      expect(await store.findLeading('ann@example.test', 1)).toEqual({
        aliases: ['a@other.test'],
        catchAlls: ['other.test'],
      })
      await store.removeUser('ann@example.test')
      await store.removeAlias('b@example.test', ['ann@example.test'])
      await store.updateDomain('third.test', { catchAll: [] })
      expect(await store.findLeading('ann@example.test', 10)).toEqual({
        aliases: ['a@other.test', 'c@example.test'],
        catchAlls: ['other.test'],
      })
      expect(await store.findLeading('a@other.test', 10)).toEqual({ aliases: ['d@example.test'], catchAlls: [] })
    })

    rule('the oldest active user of a domain, or of all', async (store) => {
      expect(await store.findOldestUser('example.test')).toBeNull()
      for (const address of ['z@example.test', 'a@example.test', 'b@other.test']) await newUser(store, address)
      await store.addDomain('empty.test')
      expect(await store.findOldestUser('Example.test')).toEqual(await store.findRecipient('z@example.test'))
      expect(await store.findOldestUser('other.test')).toMatchObject({ address: 'b@other.test' })
      await store.updateUser('z@example.test', { status: 'inactive' })
      expect(await store.findOldestUser('example.test')).toMatchObject({ address: 'a@example.test' })
      expect(await store.findOldestUser('empty.test')).toMatchObject({ address: 'a@example.test' })
    })
  })

  rule('a mailbox is found in any case, the exact name first', async (store) => {
    const { id } = await newUser(store, 'ann@example.test', 'Work', 'WORK', 'Lists/Node')
    const named = async (name: string) => (await store.findMailboxAnyCase(id, name))?.name ?? null
    expect(await named('WORK')).toBe('WORK')
    expect(await named('Work')).toBe('Work')
    expect(await named('work')).toBe('WORK')
    expect(await named('lists/node')).toBe('Lists/Node')
    expect(await named('inbox')).toBe('INBOX')
    expect(await named('lists')).toBeNull()
  })
}
