/** Random programs on random mailboxes find what a naive reading of them finds; with the text index, without it, in the model. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ModelStore } from '../../../test/model-store.js'
import {
  instant,
  type NaiveMail,
  type NaiveMessage,
  NOW,
  naiveKey,
  naiveMail,
  octetsOf,
} from '../../../test/naive-search.js'
import { scan } from '../../../test/scan.js'
import { newInbox, seal, uids } from '../../../test/store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FakeClock } from '../../core/clock.js'
import type { MailboxId, Uid } from '../../core/ids.js'
import { FLAG } from '../../store/changes.js'
import type { SqliteParts } from '../../store/sqlite/open.js'
import type { Store } from '../../store/store.js'
import { View } from '../view.js'
import { searchView } from './evaluate.js'
import { parseSearch } from './parse.js'

const folders: SqliteFolder[] = []
const sites: SqliteParts[] = []
let stores: readonly Store[] = []

beforeAll(async () => {
  for (const indexes of [true, false]) {
    const folder = sqliteFolder()
    folders.push(folder)
    sites.push(await folder.open({ rowsPerSlice: 3 }, { indexes }))
  }
  stores = [...sites.map(({ store }) => store), new ModelStore(new FakeClock(NOW))]
})
afterAll(() => Promise.all(folders.map((folder) => folder.remove())))

interface Plan {
  /** UIDs 1, 2, … */
  readonly mails: readonly NaiveMail[]
  /** How many of them have been \Recent for somebody else. */
  readonly old: number
  /** UIDs that are expunged before the mailbox is selected, and while it is. */
  readonly before: readonly number[]
  readonly meanwhile: readonly number[]
}

const plan: fc.Arbitrary<Plan> = fc.record({
  mails: fc.array(naiveMail, { maxLength: 12, size: 'max' }),
  old: fc.nat(12),
  before: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
  meanwhile: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
})

async function append(store: Store, inbox: MailboxId, mail: NaiveMail): Promise<void> {
  const { flags, internal } = mail
  const blob = await seal(store, octetsOf(mail))
  await store.append(inbox, [{ blob, flags, internalDate: instant(internal), internalZone: internal.zone }])
}

async function expunge(store: Store, inbox: MailboxId, gone: readonly number[]): Promise<void> {
  await store.setFlags(inbox, uids(...gone), 'add', { system: FLAG.deleted, keywords: [] })
  await store.expunge(inbox, uids(...gone))
}

/** The mailbox as one session has it that selected it in the middle of all this. */
async function select(store: Store, inbox: MailboxId, { mails, old, before, meanwhile }: Plan): Promise<View> {
  for (const mail of mails.slice(0, old)) await append(store, inbox, mail)
  const first = await store.openMailbox(inbox, { recent: true })
  first.close()
  for (const mail of mails.slice(old)) await append(store, inbox, mail)
  await expunge(store, inbox, before)
  const view = new View(await store.openMailbox(inbox, { recent: true }), { readOnly: false, origin: 'me' })
  await expunge(store, inbox, meanwhile)
  for (const mail of mails.slice(0, 2)) await append(store, inbox, mail)
  return view
}

/** What the session can find: it knows of no mail that came later, and what is gone is nowhere. */
function known({ mails, old, before, meanwhile }: Plan): { there: NaiveMessage[]; count: number; lastUid: number } {
  const all = mails
    .map((mail, i) => ({ ...mail, uid: i + 1, size: octetsOf(mail).length, recent: i >= old }))
    .filter(({ uid }) => !before.includes(uid))
    .map((mail, i) => ({ ...mail, seq: i + 1 }))
  const there = all.filter(({ uid }) => !meanwhile.includes(uid))
  return { there, count: all.length, lastUid: all.at(-1)?.uid ?? 0 }
}

test('what is found is what is meant', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(plan, fc.array(naiveKey, { minLength: 1, maxLength: 8 }), async (made, keys) => {
      const address = `u${runs++}@example.test`
      const views: View[] = []
      for (const store of stores) views.push(await select(store, (await newInbox(store, address)).inbox, made))
      await sites[0]?.extractor.catchUp()
      const { there, count, lastUid } = known(made)
      for (const { wire, holds } of keys) {
        const meant = there.filter((message) => holds(message, { count, lastUid, now: NOW })).map(({ uid }) => uid)
        const program = parseSearch(scan(` ${wire}`))
        const around = { clock: new FakeClock(NOW), gone: new AbortController().signal, progress: { report: () => {} } }
        const found: (readonly Uid[])[] = []
        for (const [i, view] of views.entries())
          found.push(await searchView({ ...around, view, store: stores[i] as Store }, program))
        expect([wire, found]).toEqual([wire, stores.map(() => meant)])
      }
      for (const view of views) view.close()
    }),
    { numRuns: 120 },
  )
})
