/** SEARCH on real mail against a naive reading of what mailparser makes of it, with the text index and without. */
import { readdirSync, readFileSync } from 'node:fs'
import { type ParsedMail, simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../src/core/clock.js'
import type { Uid } from '../src/core/ids.js'
import { searchView } from '../src/imap/search/evaluate.js'
import { parseSearch } from '../src/imap/search/parse.js'
import { View } from '../src/imap/view.js'
import { scan } from './scan.js'
import { NONE, newInbox, seal } from './store/fixtures.js'
import { type SqliteFolder, sqliteFolder } from './store/sqlite-folder.js'

const CORPUS = new URL('fixtures/corpus/', import.meta.url)
const names = readdirSync(CORPUS).filter((name) => name.endsWith('.eml'))

/** What mailparser calls the text of these is not what we call it. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'rfc-002.eml': 'the header of a message inside is text for mailparser, and for us TEXT alone',
  'rfc-004.eml': 'mailparser does not know the default type of multipart/digest (RFC 2046 §5.1.5)',
  'rfc-007.eml': 'mailparser sees no boundary that has white space behind it (RFC 2046 §5.1.1)',
}
const isAlike = (uid: number): boolean => DIFFERENT[names[uid - 1] ?? ''] === undefined

interface Reading {
  readonly subject: string
  /** Text parts as they are read. */
  readonly text: string
  /** Whatever is in it: HTML with its tags, attachments, messages inside. */
  readonly all: string
}

const readings: Reading[] = []
const folders: SqliteFolder[] = []
const searches: ((program: string) => Promise<readonly Uid[]>)[] = []

function reading({ subject = '', text = '', html, attachments }: ParsedMail): Reading {
  const inside = attachments.map(({ content }) => content.toString('utf8')).join('\n')
  return { subject, text, all: `${text}\n${html === false ? '' : html}\n${inside}` }
}

beforeAll(async () => {
  const mails = names.map((name) => readFileSync(new URL(name, CORPUS)))
  for (const octets of mails) readings.push(reading(await simpleParser(octets)))
  for (const indexes of [true, false]) {
    const folder = sqliteFolder()
    folders.push(folder)
    const { store, extractor } = await folder.open({}, { indexes })
    const { inbox } = await newInbox(store)
    for (const octets of mails) {
      await store.append(inbox, [{ blob: await seal(store, octets), flags: NONE, internalDate: 0, internalZone: 0 }])
    }
    await extractor.catchUp()
    const view = new View(await store.openMailbox(inbox, { recent: true }), { readOnly: true, origin: 'me' })
    const gone = new AbortController().signal
    const cx = { view, store, clock: new FakeClock(), gone, progress: { report: () => {} } }
    searches.push((program) => searchView(cx, parseSearch(scan(` ${program}`))))
  }
})
afterAll(() => Promise.all(folders.map((folder) => folder.remove())))

/** The three longest words of plain letters, which are the rarest. */
function wordsOf(text: string): string[] {
  const words = [...new Set(text.match(/\b[A-Za-z]{5,20}\b/g) ?? [])]
  return words.sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).slice(0, 3)
}

const holding = (word: string, of: (reading: Reading) => string): number[] =>
  readings.flatMap((one, i) => (of(one).toLowerCase().includes(word.toLowerCase()) ? [i + 1] : []))

describe.each(names.map((name, i) => [name, i] as const))('%s', (_, i) => {
  test('words of its subject', async () => {
    for (const word of wordsOf(readings[i]?.subject ?? '')) {
      const meant = holding(word, ({ subject }) => subject)
      for (const search of searches) expect([word, await search(`SUBJECT ${word}`)]).toEqual([word, meant])
    }
  })

  test('words of its text', async () => {
    for (const word of wordsOf(readings[i]?.text ?? '')) {
      const [indexed = [], read] = await Promise.all(searches.map((search) => search(`BODY ${word}`)))
      expect([word, indexed]).toEqual([word, read])
      const meant = holding(word, ({ text }) => text).filter(isAlike)
      expect([word, indexed]).toEqual([word, expect.arrayContaining(meant)])
      const there = holding(word, ({ all }) => all)
      expect([word, there]).toEqual([word, expect.arrayContaining(indexed.filter(isAlike))])
    }
  })
})
