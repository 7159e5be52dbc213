/** MailStore: setFlags and expunge. */

import { describe, expect } from 'vitest'
import type { BlobId, MailboxId } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import { PATIENCE } from '../patience.js'
import {
  appendAll,
  entriesOf,
  flags,
  type NewStore,
  newInbox,
  octets,
  read,
  refusal,
  settle,
  uids,
} from './fixtures.js'
import { ruleOf } from './rule.js'

const NOWHERE = 999_999 as MailboxId
const { seen, flagged, deleted } = FLAG

export function flagContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('setFlags', () => {
    rule('sets, adds and removes', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(seen, 'x')])
      const result = async (
        mode: 'set' | 'add' | 'remove',
        system: number,
        ...keywords: string[]
      ): Promise<unknown[]> => {
        const [entry] = await store.setFlags(inbox, uids(1), mode, flags(system, ...keywords))
        return [entry?.system, ...(entry?.keywords ?? [])]
      }
      expect(await result('add', flagged, 'y')).toEqual([seen | flagged, 'x', 'y'])
      expect(await result('remove', seen, 'x', 'never')).toEqual([flagged, 'y'])
      expect(await result('set', deleted, 'z', 'x')).toEqual([deleted, 'x', 'z'])
      expect(await result('set', 0)).toEqual([0])
    })

    rule('passes over UIDs that do not exist and gives the others ascending, each once', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b'], ['c'])
      const entries = await store.setFlags(inbox, uids(3, 1, 77, 3), 'add', flags(seen))
      expect(entries.map((e) => e.uid)).toEqual([1, 3])
      expect(await entriesOf(store, inbox)).toEqual([entries[0], (await entriesOf(store, inbox))[1], entries[1]])
    })

    rule('gives unchanged entries too, and publishes only those that changed', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(seen)], ['b'])
      const open = await store.openMailbox(inbox, { recent: false })
      const entries = await store.setFlags(inbox, uids(1, 2), 'add', flags(seen), { origin: 'me', silent: true })
      expect(entries.map((e) => [e.uid, e.modseq])).toEqual([
        [1, open.highestModSeq],
        [2, open.highestModSeq + 1],
      ])
      expect(open.changes.pending).toEqual([
        { type: 'flags', mailbox: inbox, entries: [entries[1]], origin: 'me', silent: true },
      ])
      open.close()
    })

    rule('that changes nothing is no step of the mailbox', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(seen, 'x')])
      const open = await store.openMailbox(inbox, { recent: false })
      await store.setFlags(inbox, uids(1), 'add', flags(seen, 'X'))
      await store.setFlags(inbox, uids(1), 'set', flags(seen, 'x', 'X'))
      await store.setFlags(inbox, uids(1), 'remove', flags(flagged, 'y'))
      await store.setFlags(inbox, uids(9), 'add', flags(flagged, 'unused'))
      expect(open.changes.pending).toEqual([])
      expect((await store.mailboxStatus(inbox)).highestModSeq).toBe(open.highestModSeq)
      expect(open.state.keywords).toEqual(['x'])
      open.close()
    })

    rule('keywords keep the spelling and the order of their first use in the mailbox', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(0, 'Beta', 'alpha')], ['b', flags(0, 'ALPHA', 'BETA', 'beta')])
      await store.setFlags(inbox, uids(1), 'add', flags(0, 'gamma', 'ALPHA'))
      await store.setFlags(inbox, uids(2), 'remove', flags(0, 'bETA'))
      expect((await entriesOf(store, inbox)).map((e) => e.keywords)).toEqual([['Beta', 'alpha', 'gamma'], ['alpha']])
    })

    rule(
      'refuses more keywords than a mailbox may have, and changes nothing then',
      async (store) => {
        const { inbox } = await newInbox(store)
        await appendAll(store, inbox, ['a', flags(0, 'one', 'two')])
        const before = await entriesOf(store, inbox)
        expect(await refusal(store.setFlags(inbox, uids(1), 'add', flags(seen, 'three')))).toBe('too-many-keywords')
        expect(await entriesOf(store, inbox)).toEqual(before)
        await store.setFlags(inbox, uids(1), 'set', flags(seen, 'TWO'))
      },
      { keywordsPerMailbox: 2 },
    )

    rule('refuses a mailbox that is not there', async (store) => {
      expect(await refusal(store.setFlags(NOWHERE, uids(1), 'add', flags(seen)))).toBe('no-such-mailbox')
    })

    rule(
      'of many messages at once reaches them all',
      async (store) => {
        const { inbox } = await newInbox(store)
        await appendAll(store, inbox, ...Array.from({ length: 25 }, (_, i): [string] => [`m${i}`]))
        const all = (await entriesOf(store, inbox)).map((e) => e.uid)
        const entries = await store.setFlags(inbox, all, 'add', flags(deleted))
        expect(entries.map((e) => e.uid)).toEqual(all)
        expect((await store.mailboxStatus(inbox)).deleted).toBe(25)
        expect(await store.expunge(inbox, null)).toEqual(all)
      },
      { rowsPerWrite: 10 },
    )
  })

  describe('expunge', () => {
    rule('removes those that carry \\Deleted, of the given ones or of all (RFC 3501 §6.4.3)', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(deleted)], ['b'], ['c', flags(deleted | seen)], ['d', flags(deleted)])
      expect(await store.expunge(inbox, uids(4, 2, 9, 4))).toEqual([4])
      expect(await store.expunge(inbox, null)).toEqual([1, 3])
      expect(await store.expunge(inbox, null)).toEqual([])
      expect((await entriesOf(store, inbox)).map((e) => e.uid)).toEqual([2])
    })

    rule('is published with what the messages were, under one new modseq', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a', flags(deleted, 'k')], ['b', flags(deleted)])
      const entries = await entriesOf(store, inbox)
      const open = await store.openMailbox(inbox, { recent: false })
      await store.expunge(inbox, null, 'me')
      const modseq = open.highestModSeq + 1
      expect(open.changes.pending).toEqual([{ type: 'expunged', mailbox: inbox, modseq, entries, origin: 'me' }])
      expect((await store.mailboxStatus(inbox)).highestModSeq).toBe(modseq)
      open.close()
    })

    rule('never gives a UID again', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['a'], ['b', flags(deleted)])
      await store.expunge(inbox, null)
      expect(await appendAll(store, inbox, ['c'])).toEqual([3])
    })

    rule('refuses a mailbox that is not there', async (store) => {
      expect(await refusal(store.expunge(NOWHERE, null))).toBe('no-such-mailbox')
      expect(await refusal(store.expunge(NOWHERE, uids(1)))).toBe('no-such-mailbox')
    })

    for (const size of [10, 2 * 1024 * 1024]) {
      rule(
        `content of ${size} octets stays readable until every subscription has taken it or is closed`,
        async (store) => {
          const { inbox } = await newInbox(store)
          const content = octets('gone', size)
          const spool = store.newSpool()
          for (let at = 0; at < content.length; at += 65_536) await spool.write(content.subarray(at, at + 65_536))
          const blob = await spool.seal()
          await store.append(inbox, [{ blob, flags: flags(deleted), internalDate: 0, internalZone: 0 }])
          const id = (await entriesOf(store, inbox))[0]?.blob as BlobId
          const sessions = [
            await store.openMailbox(inbox, { recent: false }),
            await store.openMailbox(inbox, { recent: false }),
          ]
          await store.expunge(inbox, null)
          await settle(store)
          expect((await read(store, id))?.equals(content)).toBe(true)
          sessions[0]?.changes.take(1)
          await settle(store)
          expect((await read(store, id))?.equals(content)).toBe(true)
          sessions[1]?.close()
          await expect.poll(() => store.openBlob(id), PATIENCE).toBeNull()
          expect(await store.indexes([id])).toEqual([null])
          sessions[0]?.close()
        },
      )
    }

    rule('content that another message shares stays', async (store) => {
      const { inbox } = await newInbox(store)
      await appendAll(store, inbox, ['same', flags(deleted)], ['same'])
      await store.expunge(inbox, null)
      await settle(store)
      const [left] = await entriesOf(store, inbox)
      expect(await read(store, left?.blob as BlobId)).toEqual(octets('same'))
    })

    rule('content that comes again while it waits to be forgotten stays', async (store) => {
      const { inbox } = await newInbox(store)
      for (let i = 0; i < 20; i++) {
        await appendAll(store, inbox, ['again', flags(deleted)])
        const [, added] = await Promise.all([store.expunge(inbox, null), appendAll(store, inbox, ['again'])])
        const entry = (await entriesOf(store, inbox)).find((e) => e.uid === added[0])
        expect(await read(store, entry?.blob as BlobId)).toEqual(octets('again'))
        await store.setFlags(inbox, added, 'add', flags(deleted))
        await store.expunge(inbox, null)
      }
    })
  })
}
