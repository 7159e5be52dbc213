/** Random operations on aliases, users and the rules of domains, held equal on SQLite and on the model store. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ModelStore } from '../../../test/model-store.js'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { newUser } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { StoreError } from '../errors.js'
import type { Store } from '../store.js'

const DOMAINS = ['a.test', 'b.test'] as const
const domain = fc.constantFrom(...DOMAINS)
const address = fc.tuple(fc.constantFrom('x', 'Y', 'z'), domain).map(([name, at]) => `${name}@${at}`)
const targets = fc.array(fc.oneof(address, fc.constantFrom('Far@c.test', 'far@c.test')), { minLength: 1, maxLength: 4 })

type Step = (store: Store) => Promise<unknown>
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(address, targets).map(
    ([a, t]): Step =>
      (store) =>
        store.addAlias(a, t),
  ),
  fc.tuple(address, fc.option(targets)).map(
    ([a, t]): Step =>
      (store) =>
        store.removeAlias(a, t),
  ),
  fc.tuple(domain, targets, fc.boolean()).map(
    ([name, catchAll, detailFolders]): Step =>
      (store) =>
        store.updateDomain(name, { catchAll, detailFolders }),
  ),
  domain.map(
    (name): Step =>
      (store) =>
        store.addDomain(name),
  ),
  domain.map(
    (name): Step =>
      (store) =>
        store.removeDomain(name),
  ),
  address.map(
    (a): Step =>
      async (store) =>
        (await newUser(store, a)).address,
  ),
  address.map(
    (a): Step =>
      (store) =>
        store.removeUser(a),
  ),
)

const taken = (store: Store, step: Step): Promise<unknown> =>
  step(store).catch((error: unknown) => {
    if (error instanceof StoreError) return error.refusal
    throw error
  })

/** All that can be seen, whatever the ids are. */
const seen = async (store: Store): Promise<unknown> => [
  await store.listDomains(),
  await store.listAliases(),
  (await store.listUsers()).map((user) => user.address),
  await Promise.all(DOMAINS.map(async (name) => (await store.findOldestUser(name))?.address)),
  await Promise.all(DOMAINS.map((name) => store.findDomainSettings(name))),
]

async function clear(store: Store): Promise<void> {
  for (const alias of await store.listAliases()) await store.removeAlias(alias.address, null)
  for (const user of await store.listUsers()) await store.removeUser(user.address)
  for (const { name } of await store.listDomains()) await store.removeDomain(name)
}

let folder: SqliteFolder
let sqlite: Store
beforeAll(async () => {
  folder = sqliteFolder()
  sqlite = (await folder.open()).store
})
afterAll(() => folder.remove())

test('SQLite and the model agree after every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      await clear(sqlite)
      const model = new ModelStore(folder.clock)
      for (const step of steps) {
        expect(await taken(sqlite, step)).toEqual(await taken(model, step))
        expect(await seen(sqlite)).toEqual(await seen(model))
      }
    }),
    { numRuns: 60 },
  )
  await checkInvariants(sqlite)
})
