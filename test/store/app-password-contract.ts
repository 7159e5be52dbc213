/** AppPasswordStore: passwords beside the main one. */
import { describe, expect } from 'vitest'
import type { AccountId, AppPasswordId } from '../../src/core/ids.js'
import { authLimits } from '../../src/core/limits.js'
import { type NewStore, newUser, refusal, START } from './fixtures.js'
import { ruleOf } from './rule.js'

const BOTH = { smtp: true, imap: true }
const digest = (n: number): Uint8Array => Buffer.alloc(32, n)

export function appPasswordContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('app passwords', () => {
    rule('one is found by its digest, and by nobody else of that digest', async (store) => {
      const ann = await newUser(store)
      const bob = await newUser(store, 'bob@example.test')
      const added = { name: 'Phone', digest: digest(1), access: { smtp: false, imap: true } }
      const made = await store.addAppPassword(ann.address.toUpperCase(), added)
      expect(made).toEqual({ id: made.id, name: 'Phone', access: added.access, createdAt: START, lastUsed: null })
      expect(await store.findAppPassword(ann.id, digest(1))).toEqual(made)
      expect(await store.findAppPassword(ann.id, digest(2))).toBeNull()
      expect(await store.findAppPassword(bob.id, digest(1))).toBeNull()
      expect(await store.findAppPassword(0 as AccountId, digest(1))).toBeNull()
    })

    rule('they are listed by name, and each name is had once', async (store) => {
      const { address } = await newUser(store)
      for (const [i, name] of ['b', 'a', 'B'].entries())
        await store.addAppPassword(address, { name, digest: digest(i), access: BOTH })
      expect((await store.listAppPasswords(address)).map(({ name }) => name)).toEqual(['B', 'a', 'b'])
      const again = { name: 'a', digest: digest(9), access: BOTH }
      expect(await refusal(store.addAppPassword(address, again))).toBe('app-password-exists')
      expect(await refusal(store.addAppPassword('nobody@example.test', again))).toBe('no-such-user')
      expect(await store.listAppPasswords('nobody@example.test')).toEqual([])
    })

    rule('one that is revoked is gone at once, and the others stay', async (store) => {
      const { id, address } = await newUser(store)
      const a = await store.addAppPassword(address, { name: 'a', digest: digest(1), access: BOTH })
      await store.addAppPassword(address, { name: 'b', digest: digest(2), access: BOTH })
      expect(await store.removeAppPassword(address, 'a')).toBe(a.id)
      expect(await store.findAppPassword(id, digest(1))).toBeNull()
      expect(await store.findAppPassword(id, digest(2))).not.toBeNull()
      expect(await refusal(store.removeAppPassword(address, 'a'))).toBe('no-such-app-password')
      expect(await refusal(store.removeAppPassword('nobody@example.test', 'a'))).toBe('no-such-user')
    })

    rule('a user has so many and no more', async (store) => {
      const { address } = await newUser(store)
      const add = (i: number) => store.addAppPassword(address, { name: `${i}`, digest: digest(i), access: BOTH })
      for (let i = 0; i < authLimits.appPasswords; i++) await add(i)
      expect(await refusal(add(authLimits.appPasswords))).toBe('too-many-app-passwords')
      await store.removeAppPassword(address, '7')
      await add(authLimits.appPasswords)
    })

    rule('a login with one is its last use too, which never goes back', async (store) => {
      const { id, address } = await newUser(store)
      const one = await store.addAppPassword(address, { name: 'a', digest: digest(1), access: BOTH })
      await store.addAppPassword(address, { name: 'b', digest: digest(2), access: BOTH })
      await store.recordLogin(id, 2000, one.id)
      await store.recordLogin(id, 1000, one.id)
      await store.recordLogin(id, 3000)
      await store.recordLogin(id, 3000, 99 as AppPasswordId)
      expect((await store.listAppPasswords(address)).map(({ lastUsed }) => lastUsed)).toEqual([2000, null])
      expect((await store.findUser(address))?.lastLogin).toBe(3000)
    })

    rule('they go with their user', async (store) => {
      const { id, address } = await newUser(store)
      await store.addAppPassword(address, { name: 'a', digest: digest(1), access: BOTH })
      await store.removeUser(address)
      expect(await store.findAppPassword(id, digest(1))).toBeNull()
      const again = await newUser(store, address)
      expect(await store.listAppPasswords(again.address)).toEqual([])
    })
  })
}
