/** The rules of InsideStore: attachments, and searching in messages. */
import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { MailboxId, Uid } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import type { SearchDate, SearchText, Store } from '../../src/store/store.js'
import { type NewStore, NONE, newInbox, refusal, seal, uid, uids } from './fixtures.js'
import { ruleOf } from './rule.js'

const add = async (store: Store, mailbox: MailboxId, text: string, system = 0): Promise<Uid> => {
  const blob = await seal(store, Buffer.from(text.replaceAll('\n', '\r\n')))
  const flags = system === 0 ? NONE : { system, keywords: [] }
  const [added] = await store.append(mailbox, [{ blob, flags, internalDate: 0, internalZone: 0 }])
  return added?.uid ?? uid(0)
}

const WITH_ATTACHMENTS = `Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from
 afar
From: "Doc \\"M=?utf-8?q?=C3=BC?=ller\\"" Smith <doc @ far.example>
To: a group: fred@far.example (one fred), ann@here.example;, nobody
Reply-To: x@y.example
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=
=FC=DFe
--y
Content-Type: text/html

<p>Hello <b>wor</b>ld</p><script>hidden</script>
--y--
--x
Content-Type: application/pdf; name=wrong.pdf
Content-Disposition: attachment; filename*=utf-8''..%2f%c3%a4.pdf
Content-Transfer-Encoding: base64
Content-ID: <cid@here>

aGVs
bG8=
--x
Content-Type: message/rfc822

Subject: inner
Content-Type: text/plain

deep inside
--x--
`

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

async function contentOf(store: Store, mailbox: MailboxId, of: Uid, part: string): Promise<string | null> {
  const reader = await store.openAttachment(mailbox, of, part)
  if (reader === null) return null
  const pieces: Buffer[] = []
  for await (const piece of reader.read()) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

export function insideContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('attachments', () => {
    rule('are listed with number, name, type, size and digest', async (store) => {
      const { inbox } = await newInbox(store)
      const at = await add(store, inbox, WITH_ATTACHMENTS)
      const inner = 'Subject: inner\r\nContent-Type: text/plain\r\n\r\ndeep inside'
      const pdf = {
        part: '2',
        name: 'ä.pdf',
        type: 'application/pdf',
        disposition: 'attachment',
        contentId: 'cid@here',
      }
      const mail = { part: '3', name: null, type: 'message/rfc822', disposition: null, contentId: null }
      expect(await store.attachments(inbox, at)).toEqual({
        kind: 'found',
        attachments: [
          { ...pdf, size: 5, sha256: sha256('hello') },
          { ...mail, size: inner.length, sha256: sha256(inner) },
        ],
      })
      expect(await contentOf(store, inbox, at, '2')).toBe('hello')
      expect(await contentOf(store, inbox, at, '3')).toBe(inner)
      expect(await contentOf(store, inbox, at, '1')).toBe(null)
    })

    rule('are none in a plain message, and unknown of none', async (store) => {
      const { inbox } = await newInbox(store)
      const at = await add(store, inbox, 'Subject: a\n\nb')
      expect(await store.attachments(inbox, at)).toEqual({ kind: 'found', attachments: [] })
      expect(await refusal(store.attachments(inbox, uid(99)))).toBe('no-such-message')
      expect(await refusal(store.openAttachment(inbox, uid(99), '1'))).toBe('no-such-message')
    })

    rule('go with the message', async (store) => {
      const { inbox } = await newInbox(store)
      const at = await add(store, inbox, WITH_ATTACHMENTS, FLAG.deleted)
      await store.attachments(inbox, at)
      await store.expunge(inbox, null)
      expect(await refusal(store.attachments(inbox, at))).toBe('no-such-message')
    })
  })

  describe('search', () => {
    const cases: readonly (readonly [SearchText, boolean])[] = [
      [{ where: 'body', value: 'SCHÖNE grüße' }, true],
      [{ where: 'body', value: 'grüsse' }, false],
      [{ where: 'body', value: 'hello world' }, true],
      [{ where: 'body', value: 'deep' }, true],
      [{ where: 'body', value: 'hidden' }, false],
      [{ where: 'body', value: 'inner' }, false],
      [{ where: 'body', value: 'aGVs' }, false],
      [{ where: 'text', value: 'inner' }, true],
      [{ where: 'text', value: 'wrong.pdf' }, true],
      [{ where: 'text', value: 'subject: GRÜßE FROM AFAR' }, true],
      [{ where: 'body', value: '' }, true],
      [{ where: 'body', value: 'ld' }, true],
      [{ where: 'body', value: 'zz' }, false],
      [{ where: 'header', field: 'SUBJECT', value: 'grüße' }, true],
      [{ where: 'header', field: 'Subject', value: 'inner' }, false],
      [{ where: 'header', field: 'subject', value: '' }, true],
      [{ where: 'header', field: 'x-none', value: '' }, false],
      [{ where: 'header', field: 'from', value: 'Doc "Müller" Smith <doc@far.example>' }, true],
      [{ where: 'header', field: 'from', value: 'Doc \\"M' }, true],
      [{ where: 'header', field: 'to', value: 'one fred <fred@far.example>, <ann' }, true],
      [{ where: 'header', field: 'to', value: 'ann@here.example' }, true],
      [{ where: 'header', field: 'to', value: 'MISSING' }, false],
      [{ where: 'header', field: 'reply-to', value: 'Doc "M' }, false],
      [{ where: 'text', value: 'from: doc "müller" smith <doc@far.example>' }, true],
    ]
    rule('finds text as it is read, in the part it is asked for', async (store) => {
      const { inbox } = await newInbox(store)
      const at = await add(store, inbox, WITH_ATTACHMENTS)
      for (const [text, found] of cases)
        expect([text, await store.search(inbox, text)]).toEqual([text, found ? [at] : []])
    })

    rule('knows the day that the Date field names, in its own zone', async (store) => {
      const { inbox } = await newInbox(store)
      const first = Date.UTC(1994, 1, 1) / 86_400_000
      const fields = [
        'Date: Tue, 1 Feb 1994 00:00:00 +0900',
        'Date: Tue, 1 Feb 1994 23:30:00\n -0800 (PST)',
        'Date: 2 Feb 94 12:00 GMT\nDate: 1 Feb 94 12:00 GMT',
        'Date: 1 Feb 2094 12:00:00 +0000',
        'Date: some day',
        'Subject: none',
      ]
      for (const field of fields) await add(store, inbox, `${field}\n\nDate: 1 Feb 1994 12:00:00 +0000`)
      const cases: readonly (readonly [SearchDate['is'], number, readonly number[]])[] = [
        ['on', 0, [1, 2]],
        ['on', 1, [3]],
        ['on', -1, []],
        ['before', 0, []],
        ['before', 1, [1, 2]],
        ['before', 400, [1, 2, 3]],
        ['since', 0, [1, 2, 3, 4]],
        ['since', 1, [3, 4]],
        ['since', -400, [1, 2, 3, 4]],
      ]
      for (const [is, days, found] of cases) {
        const wanted = { where: 'date', is, day: first + days } as const
        expect([is, days, await store.search(inbox, wanted)]).toEqual([is, days, found])
        expect(await store.search(inbox, wanted, { uids: uids(1, 3, 5) })).toEqual(found.filter((n) => n % 2 === 1))
      }
    })

    rule('gives UIDs ascending, of those that are asked for', async (store) => {
      const { inbox } = await newInbox(store)
      for (const word of ['one', 'two', 'one', 'one']) await add(store, inbox, `Subject: ${word}\n\n${word}`)
      const text: SearchText = { where: 'body', value: 'ONE' }
      expect(await store.search(inbox, text)).toEqual([1, 3, 4])
      expect(await store.search(inbox, text, { uids: uids(9, 4, 2, 1, 4) })).toEqual([1, 4])
      expect(await store.search(inbox, text, { uids: [] })).toEqual([])
    })

    rule('ends when it is told to, and knows its mailbox', async (store) => {
      const { inbox } = await newInbox(store)
      await add(store, inbox, 'Subject: a\n\nb')
      const text: SearchText = { where: 'text', value: 'b' }
      const signal = AbortSignal.abort(new Error('enough'))
      await expect(store.search(inbox, text, { signal })).rejects.toThrow('enough')
      expect(await refusal(store.search(999 as MailboxId, text))).toBe('no-such-mailbox')
    })
  })
}
