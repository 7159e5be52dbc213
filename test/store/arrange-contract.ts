/** The rules of ArrangeStore: orders and threads of messages, whatever is known of them. */
import { describe, expect } from 'vitest'
import type { MailboxId } from '../../src/core/ids.js'
import { CLOSE, OPEN } from '../../src/message/thread-list.js'
import type { Arranged, Store } from '../../src/store/store.js'
import { entriesOf, type NewStore, NONE, newInbox, refusal, START, seal } from './fixtures.js'
import { ruleOf } from './rule.js'

/** From, Subject, Date, and the rest of the header; they arrive a second after each other, each a bit later. */
const MESSAGES = [
  ['"Zoe" <bea@x>', 'Re: beta', '2 Jan 2020 10:00 +0000', 'Message-ID: <1@x>\r\nReferences: <4@x>\r\nTo: q@x'],
  ['Ann <anna@x>', 'Alpha', '1 Jan 2020 10:00 +0000', 'Message-ID: <2@x>\r\nCc: s@x'],
  ['cleo@x', 'beta [list]', '', 'Message-ID: <3@x>\r\nTo: P@x\r\nCc: R@x'],
  ['BEA@x', 'beta', '1 Jan 2020 10:00 -0100', 'Message-ID: <"4"@x>'],
] as const

async function fill(store: Store, mailbox: MailboxId): Promise<Arranged> {
  for (const [i, [from, subject, date, more]] of MESSAGES.entries()) {
    const text = `From: ${from}\r\nSubject: ${subject}\r\nDate: ${date}\r\n${more}\r\n\r\n${'x'.repeat(500 * (4 - i))}`
    const blob = await seal(store, Buffer.from(text))
    await store.append(mailbox, [{ blob, flags: NONE, internalDate: START + 1000 * i, internalZone: 0 }])
  }
  const entries = await entriesOf(store, mailbox)
  return {
    blobs: Float64Array.from(entries, (entry) => entry.blob),
    arrivals: Float64Array.from(entries, (entry) => entry.internalDate),
    sizes: Uint32Array.from(entries, (entry) => entry.size),
  }
}

export function arrangeContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('sort', () => {
    const orders = [
      ['ARRIVAL', [1, 2, 3, 4]],
      ['CC', [1, 4, 3, 2]],
      // Of the one without a date it is INTERNALDATE, which is in 2023.
      ['DATE', [2, 4, 1, 3]],
      ['FROM', [2, 1, 4, 3]],
      ['SIZE', [4, 3, 2, 1]],
      ['SUBJECT', [2, 1, 4, 3]],
      ['TO', [2, 4, 3, 1]],
    ] as const
    rule('has each key, ties in the order of the mailbox', async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await fill(store, inbox)
      for (const [key, order] of orders) {
        const positions = await store.sort(messages, [{ key, reverse: false }])
        expect([key, Array.from(positions, (at) => at + 1)]).toEqual([key, order])
      }
    })

    rule('has several keys, each in its direction', async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await fill(store, inbox)
      const subject = { key: 'SUBJECT', reverse: true } as const
      expect([...(await store.sort(messages, [subject]))]).toEqual([2, 0, 3, 1])
      expect([...(await store.sort(messages, [subject, { key: 'DATE', reverse: false }]))]).toEqual([2, 3, 0, 1])
      expect([...(await store.sort(messages, [subject, { key: 'SUBJECT', reverse: false }]))]).toEqual([2, 0, 3, 1])
    })

    rule('gives messages of which nothing is known as well', async (store) => {
      const { inbox } = await newInbox(store)
      const known = await fill(store, inbox)
      const messages = { ...known, blobs: known.blobs.map((blob, i) => (i === 1 ? 999_999 : blob)) }
      expect([...(await store.sort(messages, [{ key: 'FROM', reverse: false }]))]).toEqual([1, 0, 3, 2])
      expect([...(await store.sort(messages, [{ key: 'DATE', reverse: true }]))]).toEqual([2, 1, 0, 3])
      expect([...(await store.thread(messages, 'REFERENCES'))].filter((at) => at >= 0)).toHaveLength(4)
    })

    rule('of nothing is nothing', async (store) => {
      const messages = { blobs: new Float64Array(), arrivals: new Float64Array(), sizes: new Uint32Array() }
      expect(await store.sort(messages, [{ key: 'CC', reverse: true }])).toEqual(new Uint32Array())
      expect(await store.thread(messages, 'REFERENCES')).toEqual(new Int32Array())
    })
  })

  describe('thread', () => {
    rule('by subject', async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await fill(store, inbox)
      const threads = [OPEN, 1, CLOSE, OPEN, 3, 0, CLOSE, OPEN, 2, CLOSE]
      expect([...(await store.thread(messages, 'ORDEREDSUBJECT'))]).toEqual(threads)
    })

    rule('by references', async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await fill(store, inbox)
      const threads = [OPEN, 1, CLOSE, OPEN, 3, 0, CLOSE, OPEN, 2, CLOSE]
      expect([...(await store.thread(messages, 'REFERENCES'))]).toEqual(threads)
    })
  })

  rule(
    'what takes too much memory is refused',
    async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await fill(store, inbox)
      expect(await refusal(store.sort(messages, [{ key: 'SUBJECT', reverse: false }]))).toBe('too-much-to-arrange')
      expect(await refusal(store.thread(messages, 'ORDEREDSUBJECT'))).toBe('too-much-to-arrange')
      expect(await refusal(store.thread(messages, 'REFERENCES'))).toBe('too-much-to-arrange')
      expect(await store.sort(messages, [{ key: 'ARRIVAL', reverse: true }])).toHaveLength(4)
    },
    { arrangedCharacters: 6 },
  )
}
