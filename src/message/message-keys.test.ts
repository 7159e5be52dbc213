/** Sort keys and msg-ids of a message, from its header. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mimeLimits } from '../core/limits.js'
import { type MessageKeys, NO_KEYS } from './message-keys.js'
import { MessageIndexer } from './structure.js'

function keysOf(header: string): MessageKeys {
  const indexer = new MessageIndexer()
  indexer.push(Buffer.from(`${header}\r\n\r\nbody`, 'latin1'))
  indexer.end()
  return indexer.keys
}

/** No half of a character in it: it survives UTF-8. */
const wellFormed = (text: string): boolean => Buffer.from(text).toString() === text

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

test('of a message without a header there are none', () => {
  expect(keysOf('')).toEqual(NO_KEYS)
  expect(NO_KEYS).toEqual({
    subject: '',
    isReply: false,
    from: '',
    to: '',
    cc: '',
    displayFrom: '',
    displayTo: '',
    sentDate: null,
    messageId: null,
    inReplyTo: [],
    references: [],
  })
})

test('all of them', () => {
  const header = [
    'From: =?utf-8?q?J=C3=B6rg_Ag?= <joerg@example.org>, eve@example.org',
    'To: Bob@Example.org',
    'Cc: carol@x, dave@y',
    'Subject: Re: [list] =?iso-8859-1?Q?=DCber?=\r\n =?iso-8859-1?Q?morgen?=',
    'Date: 31 Dec 2000 16:01:33 -0800',
    'Message-ID: <c@x>',
    'In-Reply-To: Your message of Monday <b@x>',
    'References: <a@x>\r\n\t<b@x> <a@x>',
  ].join('\r\n')
  expect(keysOf(header)).toEqual({
    subject: 'U\u0308BERMORGEN',
    isReply: true,
    from: 'JOERG',
    to: 'BOB',
    cc: 'CAROL',
    displayFrom: 'JO\u0308RG AG',
    displayTo: 'BOB@EXAMPLE.ORG',
    // The example of RFC 5256 §2.2.
    sentDate: Date.UTC(2001, 0, 1, 0, 1, 33),
    messageId: '<c@x>',
    inReplyTo: ['<b@x>'],
    references: ['<a@x>', '<b@x>'],
  })
})

describe('the first address', () => {
  test.each([
    ['From:\r\nFrom: b@x', 'B', 'B@X'],
    ['From: "" <b@x>', 'B', 'B@X'],
    ['From: =?utf-8?q??= <b@x>', 'B', 'B@X'],
    ['From: b', 'B', 'B'],
    ['From: <@x>', '', '@X'],
    ['From: friends: a@b;', 'FRIENDS', 'FRIENDS'],
    [`From: ${utf8('jörg')}@x`, 'JO\u0308RG', 'JO\u0308RG@X'],
    ['From: a (The A) <x@y>', 'X', 'A'],
  ])('%j sorts by %j and %j (RFC 5957 §3)', (header, from, displayFrom) => {
    expect(keysOf(header)).toMatchObject({ from, displayFrom })
  })
})

test('what is too long is cut, at a whole character', () => {
  const { sortKey } = mimeLimits
  expect(keysOf(`Subject: ${'x'.repeat(5000)}`).subject).toBe('X'.repeat(sortKey))
  expect(keysOf(`Subject: ${'=?utf-8?q?=C3=A4?=\r\n '.repeat(2000)}`).subject.length).toBeLessThanOrEqual(sortKey)
  expect(wellFormed(keysOf(`Subject: x${utf8('😀'.repeat(2000))}`).subject)).toBe(true)
  expect(keysOf(`Subject: x${utf8('\ufdfa'.repeat(2000))}`).subject.length).toBe(sortKey)
})

test('of too many references the first is kept and the nearest', () => {
  const ids = Array.from({ length: 1000 }, (_, i) => `<${i}@x>`)
  const { references } = keysOf(`References: ${ids.join('\r\n ')}`)
  expect(references).toEqual(['<0@x>', ...ids.slice(1 - mimeLimits.references)])
  expect(keysOf(`References: <${'x'.repeat(5000)}@x> <a@x>`).references).toEqual(['<a@x>'])
})

test('any header has keys that SQL can hold', () => {
  const word = fc.constantFrom(
    'Subject:',
    'From:',
    '=?utf-8?q?',
    '=C3',
    '?=',
    '=?big5?b?',
    '\r\n ',
    '\r\n',
    '<',
    '>',
    '@',
  )
  const text = fc.array(fc.oneof(word, fc.string())).map((all) => Buffer.from(all.join('')).toString('latin1'))
  fc.assert(
    fc.property(text, (header) => {
      const keys = keysOf(header)
      const { subject, from, displayFrom } = keys
      for (const key of [subject, from, displayFrom]) {
        expect(key).not.toMatch(/\p{Cc}/u)
        expect(wellFormed(key)).toBe(true)
      }
    }),
  )
})
