/** How a search goes about it: in windows, what is cheap first, and no longer than somebody waits for it. */
import { describe, expect, test } from 'vitest'
import { scan } from '../../../test/scan.js'
import { FakeClock } from '../../core/clock.js'
import type { BlobId, MailboxId, ModSeq, Uid } from '../../core/ids.js'
import { FLAG, type MessageEntry } from '../../store/changes.js'
import { StoreError } from '../../store/errors.js'
import type { OpenMailbox, SearchDate, SearchOptions, SearchText } from '../../store/store.js'
import { UidRanges } from '../../store/uid-ranges.js'
import { View } from '../view.js'
import { type SearchContext, searchView } from './evaluate.js'
import { parseSearch } from './parse.js'

/** UIDs 1 to `messages`; every third is \Seen. A message holds the text "n" when its UID is a multiple of n. */
class Site {
  readonly asked: string[] = []
  readonly gone = new AbortController()
  readonly reported: number[] = []
  readonly expunged = new Set<number>()
  onSearch: () => void = () => {}
  readonly #messages: number

  constructor(messages: number) {
    this.#messages = messages
  }

  find(program: string): Promise<readonly Uid[]> {
    const cx: SearchContext = {
      view: new View(this.#open(), { readOnly: false, origin: 'me' }),
      store: { search: (mailbox, wanted, options) => this.#search(mailbox, wanted, options) },
      clock: new FakeClock(),
      gone: this.gone.signal,
      progress: { report: (done) => this.reported.push(done) },
    }
    return searchView(cx, parseSearch(scan(` ${program}`)))
  }

  async #search(
    mailbox: MailboxId,
    wanted: SearchText | SearchDate,
    { uids = [], signal }: SearchOptions = {},
  ): Promise<readonly Uid[]> {
    expect([mailbox, signal]).toEqual([7, this.gone.signal])
    const value = wanted.where === 'date' ? 2 : Number(wanted.value)
    this.asked.push(`${wanted.where} ${value} of ${uids.length}`)
    this.onSearch()
    return uids.filter((uid) => uid % value === 0)
  }

  #entry(uid: Uid): MessageEntry | null {
    if (uid > this.#messages || this.expunged.has(uid)) return null
    const system = uid % 3 === 0 ? FLAG.seen : 0
    const dates = { internalDate: 0, internalZone: 0 }
    return { uid, system, keywords: [], modseq: 1 as ModSeq, size: uid, blob: 1 as BlobId, ...dates }
  }

  #open(): OpenMailbox {
    const uids = Uint32Array.from({ length: this.#messages }, (_, i) => i + 1)
    const state = {
      count: uids.length,
      uidNext: uids.length + 1,
      uids,
      keywords: [],
      entry: (uid: Uid) => this.#entry(uid),
      firstWithout: () => null,
    }
    return {
      mailbox: { id: 7 as MailboxId, name: 'INBOX', specialUse: null, subscribed: true, uidValidity: 1 },
      state,
      uids: UidRanges.of(uids),
      changes: { pending: [], overflowed: false, take: () => {}, onChange: () => {}, close: () => {} },
      highestModSeq: 1 as ModSeq,
      firstRecent: 1,
      close: () => {},
    }
  }
}

const upTo = (n: number, of: (uid: number) => boolean): number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter(of)

describe('windows', () => {
  test('come one after the other, and the whole mailbox is found', async () => {
    const site = new Site(5000)
    expect(await site.find('NOT SEEN')).toEqual(upTo(5000, (uid) => uid % 3 !== 0))
    expect(site.asked).toEqual([])
    expect(site.reported).toEqual([2000, 4000, 5000])
  })

  test('messages are read for no more than one at a time', async () => {
    const site = new Site(4500)
    expect(await site.find('BODY 7')).toEqual(upTo(4500, (uid) => uid % 7 === 0))
    expect(site.asked).toEqual(['body 7 of 2000', 'body 7 of 2000', 'body 7 of 500'])
  })

  test.each(['UID 2900:3000,3002 BODY 7', 'BODY 7 2900:3000,3002', '(UNSEEN UID 1:4000) 2900:3000,3002 TEXT 7'])(
    '%s looks at what is in the set alone',
    async (program) => {
      const site = new Site(4500)
      await site.find(program)
      expect(site.reported).toEqual([102])
    },
  )
})

test.each([
  `${'OR LARGER 9999 '.repeat(490)}SMALLER 0`,
  `${'OR LARGER 9999 '.repeat(490)}BODY 1`,
  `${'NOT KEYWORD nobody '.repeat(490)}SEEN`,
])('many keys let others have their turn, case %#', async (program) => {
  let done = false
  const found = new Site(2000).find(program).finally(() => {
    done = true
  })
  let turns = 0
  for (; !done; turns++) await new Promise(setImmediate)
  expect(turns).toBeGreaterThan(20)
  expect((await found).length).toBeLessThanOrEqual(2000)
})

describe('what is asked', () => {
  test.each<[string, readonly string[]]>([
    ['BODY 2 SEEN', ['body 2 of 20']],
    ['BODY 2 SENTON 1-Feb-1994 SUBJECT 5 SEEN', ['date 2 of 20', 'header 5 of 10', 'body 2 of 2']],
    ['TEXT 2 RECENT OLD', []],
    ['OR TEXT 2 SEEN', ['text 2 of 40']],
    ['OR OR BODY 5 FROM 2 OR TEXT 7 ALL', []],
    ['OR OR BODY 5 FROM 2 TEXT 7', ['header 2 of 60', 'body 5 of 30', 'text 7 of 24']],
    ['NOT BODY 2', ['body 2 of 60']],
    ['NOT (SEEN BODY 2)', ['body 2 of 20']],
    ['OR (SEEN BODY 2) (UNSEEN BODY 5)', ['body 2 of 20', 'body 5 of 40']],
    ['BODY 70 BODY 2', ['body 70 of 60']],
  ])('%s', async (program, asked) => {
    const site = new Site(60)
    await site.find(program)
    expect(site.asked).toEqual(asked)
  })
})

describe('the end', () => {
  test('comes with the next window when nobody waits any more', async () => {
    const site = new Site(9000)
    site.onSearch = () => {
      if (site.asked.length === 2) site.gone.abort(new Error('left'))
    }
    await expect(site.find('BODY 2')).rejects.toThrow('left')
    expect(site.asked).toHaveLength(2)
  })

  test('comes with a refusal of the store', async () => {
    const site = new Site(10)
    site.onSearch = () => {
      throw new StoreError('unavailable', 'the disk')
    }
    await expect(site.find('BODY 2')).rejects.toThrow('the disk')
  })
})

test('what goes while it is looked at is not found, whatever is asked', async () => {
  const site = new Site(10)
  site.onSearch = () => site.expunged.add(5).add(6)
  expect(await site.find('NOT BODY 2')).toEqual([1, 3, 7, 9])
  expect(await site.find('BODY 2')).toEqual([2, 4, 8, 10])
})
