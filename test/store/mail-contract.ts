/** MailStore: mailboxes, APPEND, contents and indexes. */
import { describe, expect } from 'vitest'
import type { AccountId, BlobId, MailboxId } from '../../src/core/ids.js'
import { MessageIndexer } from '../../src/message/structure.js'
import { FLAG } from '../../src/store/changes.js'
import {
  appendAll,
  entriesOf,
  flags,
  message,
  type NewStore,
  NONE,
  newInbox,
  newUser,
  octets,
  read,
  refusal,
  START,
  seal,
  settle,
} from './fixtures.js'
import { ruleOf } from './rule.js'

const NOWHERE = 999_999 as MailboxId

export function mailContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('keys', () => {
    rule('are those of the header, in the order asked, and go with the content', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b', flags(FLAG.deleted)])
      const [a, b] = (await entriesOf(store, inbox)).map((entry) => entry.blob)
      const indexer = new MessageIndexer()
      indexer.push(octets('a'))
      indexer.end()
      const [ofB, none, ofA] = await store.keys([b as BlobId, 999_999 as BlobId, a as BlobId])
      expect([ofB?.subject, ofB?.messageId, none]).toEqual(['B', '<b@example.test>', null])
      expect(ofA).toEqual(indexer.keys)
      await store.expunge(inbox, null)
      await settle(store)
      expect(await store.keys([b as BlobId])).toEqual([null])
    })

    rule('keep what is special: lists of msg-ids, a date, letters of any script', async (store) => {
      const { inbox } = await newInbox(store)
      const header =
        'Subject: Re: gr\u00fcn\r\nDate: 1 Jan 1970 00:00:01 +0000\r\nReferences: <a@b> <c@d>\r\nIn-Reply-To: <c@d>'
      const blob = await seal(store, Buffer.from(`${header}\r\n\r\n`))
      await store.append(inbox, [{ blob, flags: NONE, internalDate: START, internalZone: 0 }])
      const keys = await store.keys((await entriesOf(store, inbox)).map((entry) => entry.blob))
      expect(keys).toMatchObject([
        { subject: 'GRU\u0308N', isReply: true, sentDate: 1000, references: ['<a@b>', '<c@d>'], inReplyTo: ['<c@d>'] },
      ])
    })
  })

  describe('mailboxes', () => {
    rule('are listed by name, INBOX first', async (store) => {
      const { id } = await newUser(store, 'ann@example.test', 'b', 'A', 'ü', 'a/b')
      expect((await store.listMailboxes(id)).map((m) => m.name)).toEqual(['INBOX', 'A', 'a/b', 'b', 'ü'])
      expect(await store.listMailboxes(12345 as AccountId)).toEqual([])
    })

    rule('INBOX is found in any case, other names exactly', async (store) => {
      const { id } = await newUser(store, 'ann@example.test', 'Sent')
      expect((await store.findMailbox(id, 'inBox'))?.name).toBe('INBOX')
      expect((await store.findMailbox(id, 'Sent'))?.name).toBe('Sent')
      expect(await store.findMailbox(id, 'sent')).toBeNull()
    })

    rule('are made once, and not subscribed by that', async (store) => {
      const { id } = await newUser(store)
      const made = await store.createMailbox(id, { name: 'Archive', specialUse: '\\Archive' })
      expect(made).toMatchObject({ name: 'Archive', specialUse: '\\Archive', subscribed: false })
      expect(await store.findMailbox(id, 'Archive')).toEqual(made)
      expect(await refusal(store.createMailbox(id, { name: 'Archive', specialUse: null }))).toBe('mailbox-exists')
      expect(await refusal(store.createMailbox(id, { name: 'iNbOx', specialUse: null }))).toBe('mailbox-exists')
      expect(await refusal(store.createMailbox(12345 as AccountId, { name: 'x', specialUse: null }))).toBe(
        'no-such-user',
      )
    })

    rule(
      'UIDVALIDITY follows the clock, never repeats and never goes back (RFC 9051 §2.3.1.1)',
      async (store, clock) => {
        const { id } = await newUser(store, 'ann@example.test', 'a', 'b')
        const before = (await store.listMailboxes(id)).map((m) => m.uidValidity)
        expect(before).toEqual([START / 1000, START / 1000 + 1, START / 1000 + 2])
        await clock.advance(60_000)
        const later = await store.createMailbox(id, { name: 'c', specialUse: null })
        expect(later.uidValidity).toBe(START / 1000 + 60)
        expect((await store.mailboxStatus(later.id)).uidValidity).toBe(later.uidValidity)
      },
    )

    rule('the status of one that is not there is refused', async (store) => {
      expect(await refusal(store.mailboxStatus(NOWHERE))).toBe('no-such-mailbox')
    })
  })

  describe('append', () => {
    rule('gives UIDs in the order of the messages, without gaps, all with the same modseq', async (store) => {
      const { inbox } = await newInbox(store)
      const { uidValidity } = await store.mailboxStatus(inbox)
      const first = await store.append(inbox, [await message(store, 'a'), await message(store, 'b')])
      expect(first.map((a) => [a.uid, a.uidValidity])).toEqual([
        [1, uidValidity],
        [2, uidValidity],
      ])
      expect(first[0]?.modseq).toBe(first[1]?.modseq)
      const [next] = await store.append(inbox, [await message(store, 'c')])
      expect(next?.uid).toBe(3)
      expect(next?.modseq).toBe((first[0]?.modseq ?? 0) + 1)
      expect((await entriesOf(store, inbox)).map((e) => e.uid)).toEqual([1, 2, 3])
    })

    rule('keeps flags, date, zone and size as given', async (store) => {
      const { inbox } = await newInbox(store)
      await store.append(inbox, [await message(store, 'a', flags(FLAG.seen | FLAG.draft, '$Junk'))])
      expect(await entriesOf(store, inbox)).toMatchObject([
        {
          system: FLAG.seen | FLAG.draft,
          keywords: ['$Junk'],
          internalDate: START + 7,
          internalZone: -90,
          size: octets('a').length,
        },
      ])
    })

    rule('of no messages does nothing', async (store) => {
      const { inbox } = await newInbox(store)
      const before = await store.mailboxStatus(inbox)
      expect(await store.append(inbox, [])).toEqual([])
      expect(await store.mailboxStatus(inbox)).toEqual(before)
    })

    rule('to a mailbox that is not there adds nothing', async (store) => {
      expect(await refusal(store.append(NOWHERE, [await message(store, 'a')]))).toBe('no-such-mailbox')
    })

    rule(
      'is all or none: too many keywords refuse all messages',
      async (store) => {
        const { inbox } = await newInbox(store)
        const messages = [
          await message(store, 'a', flags(0, 'one')),
          await message(store, 'b', flags(0, 'two', 'three')),
        ]
        expect(await refusal(store.append(inbox, messages))).toBe('too-many-keywords')
        expect(await store.mailboxStatus(inbox)).toMatchObject({ messages: 0, uidNext: 1 })
        await appendAll(store, inbox, ['c', flags(0, 'four', 'five')])
        expect((await entriesOf(store, inbox))[0]?.keywords).toEqual(['four', 'five'])
      },
      { keywordsPerMailbox: 2 },
    )

    rule('calls that arrive together are refused alone', async (store) => {
      const { inbox } = await newInbox(store)
      const messages = await Promise.all(['a', 'b', 'c'].map((name) => message(store, name)))
      const results = await Promise.allSettled(messages.map((m, i) => store.append(i === 1 ? NOWHERE : inbox, [m])))
      expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await entriesOf(store, inbox)).map((e) => e.uid)).toEqual([1, 2])
    })

    rule('a blob may be discarded after the store took it, and twice', async (store) => {
      const { inbox } = await newInbox(store)
      const taken = await message(store, 'a')
      await store.append(inbox, [taken])
      await taken.blob.discard()
      await taken.blob.discard()
      expect(await read(store, (await entriesOf(store, inbox))[0]?.blob as BlobId)).toEqual(octets('a'))
    })
  })

  describe('contents', () => {
    const MIB = 1024 * 1024
    const header = octets('big').length
    for (const size of [0, 1, 4096, 70_000, MIB - header - 1, MIB - header, MIB, 3 * MIB + 1]) {
      rule(
        `of ${size} octets and a header of ${header} come back octet for octet, in pieces of at most 64 KiB`,
        async (store) => {
          const { inbox } = await newInbox(store)
          const content = Buffer.concat([octets('big'), Buffer.alloc(size, 'ab\r\n\0\xff', 'latin1')])
          const blob = await seal(store, content)
          await store.append(inbox, [{ blob, flags: NONE, internalDate: START, internalZone: 0 }])
          const [entry] = await entriesOf(store, inbox)
          const reader = await store.openBlob(entry?.blob as BlobId)
          expect(reader?.size).toBe(content.length)
          expect(reader?.bytes?.equals(content) ?? null).toBe(content.length < MIB ? true : null)
          const pieces: Buffer[] = []
          for await (const piece of reader?.read(1, content.length + 5) ?? []) pieces.push(piece)
          expect(Math.max(0, ...pieces.map((p) => p.length))).toBeLessThanOrEqual(65_536)
          expect(Buffer.concat(pieces).equals(content.subarray(1))).toBe(true)
        },
      )
    }

    rule('a range may lie anywhere', async (store) => {
      const { inbox } = await newInbox(store)
      const content = Buffer.concat([octets('x'), Buffer.alloc(2 * 1024 * 1024, 'abc')])
      const blob = await seal(store, content)
      await store.append(inbox, [{ blob, flags: NONE, internalDate: START, internalZone: 0 }])
      const reader = await store.openBlob((await entriesOf(store, inbox))[0]?.blob as BlobId)
      for (const [start, end] of [
        [5, 5],
        [70_000, 70_001],
        [65_535, 200_000],
        [9_999_999, 10_000_000],
      ] as const) {
        const pieces: Buffer[] = []
        for await (const piece of reader?.read(start, end) ?? []) pieces.push(piece)
        expect(Buffer.concat(pieces).equals(content.subarray(start, end))).toBe(true)
      }
    })

    rule('one that is not there is null', async (store) => {
      expect(await store.openBlob(NOWHERE as unknown as BlobId)).toBeNull()
    })

    rule('indexes come in the order asked, null where there is none', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'])
      const [a, b] = (await entriesOf(store, inbox)).map((e) => e.blob) as [BlobId, BlobId]
      const expected = ['b', 'a'].map((name) => {
        const indexer = new MessageIndexer()
        indexer.push(octets(name))
        return indexer.end()
      })
      expect(await store.indexes([b, NOWHERE as unknown as BlobId, a])).toEqual([expected[0], null, expected[1]])
      expect(await store.indexes([])).toEqual([])
    })

    rule('an index survives any octets in its texts', async (store) => {
      const { inbox } = await newInbox(store)
      const content = Buffer.from('Subject: \xe4\xff "q\\"\r\nFrom: \xfc <a@b>\r\n\r\n', 'latin1')
      const blob = await seal(store, content)
      const { index } = blob
      await store.append(inbox, [{ blob, flags: NONE, internalDate: START, internalZone: 0 }])
      expect(await store.indexes([(await entriesOf(store, inbox))[0]?.blob as BlobId])).toEqual([index])
    })
  })
}
