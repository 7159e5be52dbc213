/** With the index, without it and with half of it, searches find what the model finds. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { ModelStore } from '../../../test/model-store.js'
import { NONE, newInbox, seal } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import type { Uid } from '../../core/ids.js'
import type { SearchText, Store } from '../store.js'
import type { SqliteParts } from './open.js'

const folders: SqliteFolder[] = []
afterAll(() => Promise.all(folders.map((folder) => folder.remove())))

const open = async (indexes: boolean): Promise<SqliteParts> => {
  const folder = sqliteFolder()
  folders.push(folder)
  return folder.open({ rowsPerSlice: 3 }, { indexes })
}

const word = fc.constantFrom(
  'abc',
  'ABCD',
  'straße',
  'STRASSE',
  'é',
  'e\u0301',
  '"',
  "'",
  'ab',
  'c d',
  'ﬁn',
  'Α\u0345\u0301',
  'ΑΙ\u0301',
  '日本語',
  ' ',
  '\0',
)
const words = fc.array(word, { maxLength: 5 }).map((all) => all.join(''))
const content = fc
  .tuple(words, words, fc.constantFrom('plain', 'html', 'png'))
  .map(([subject, body, type]) =>
    Buffer.from(
      `Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=\r\nContent-Type: ${type === 'png' ? 'image' : 'text'}/${type};` +
        ` charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(body).toString('base64')}`,
    ),
  )
const text: fc.Arbitrary<SearchText> = fc.oneof(
  fc.record({ where: fc.constantFrom('body' as const, 'text' as const), value: words }),
  fc.record({ where: fc.constant('header' as const), field: fc.constantFrom('subject', 'X'), value: words }),
)

test('searches are exact however much is in the index', async () => {
  const [whole, none, half] = await Promise.all([open(true), open(false), open(true)])
  const model = new ModelStore(folders[0]?.clock ?? sqliteFolder().clock)
  const stores: readonly Store[] = [whole.store, none.store, half.store, model]
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(content, { maxLength: 8 }), fc.array(text, { maxLength: 6 }), async (contents, texts) => {
      const address = `u${runs++}@example.test`
      const inboxes = await Promise.all(stores.map(async (store) => (await newInbox(store, address)).inbox))
      for (const [i, octets] of contents.entries()) {
        for (const [n, store] of stores.entries()) {
          const blob = await seal(store, octets)
          await store.append(inboxes[n] as never, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
        }
        if (i === 3) await half.extractor.catchUp()
      }
      await Promise.all([whole.extractor.catchUp(), none.extractor.catchUp()])
      const some = { uids: [7, 2, 3] as Uid[] }
      for (const one of texts) {
        const found = await Promise.all(stores.map((store, n) => store.search(inboxes[n] as never, one)))
        expect(found).toEqual(stores.map(() => found[3]))
        const among = await Promise.all(stores.map((store, n) => store.search(inboxes[n] as never, one, some)))
        expect(among).toEqual(stores.map(() => among[3]))
      }
    }),
    { numRuns: 40 },
  )
})
