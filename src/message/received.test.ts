/** Trace fields. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDate } from './date.js'
import { parseFields } from './headers.js'
import { type Reception, received, returnPath } from './received.js'

const RECEPTION: Reception = {
  helo: 'client.example',
  clientName: null,
  clientAddress: '192.0.2.1',
  serverName: 'mx.example',
  extended: true,
  tls: null,
  authenticated: false,
  id: 'abcdefghijkm',
  recipients: ['you@mx.example'],
  at: Date.parse('2025-07-01T10:00:00Z'),
  zone: 120,
}
const TLS = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }

/** The field on one line. */
const unfolded = (reception: Partial<Reception>): string =>
  received({ ...RECEPTION, ...reception })
    .replaceAll('\r\n\t', ' ')
    .trimEnd()

test('the field as it stands in front of a message', () => {
  expect(received({ ...RECEPTION, clientName: 'host.example', tls: TLS })).toBe(
    'Received: from client.example (host.example [192.0.2.1]) by mx.example with\r\n' +
      '\tESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id abcdefghijkm for\r\n' +
      '\t<you@mx.example>; Tue, 01 Jul 2025 12:00:00 +0200\r\n',
  )
})

describe('with (RFC 3848)', () => {
  test.each<[Partial<Reception>, string]>([
    [{ extended: false }, ' with SMTP id '],
    [{}, ' with ESMTP id '],
    [{ utf8: true }, ' with UTF8SMTP id '],
    [{ lmtp: true }, ' with LMTP id '],
    [{ lmtp: true, utf8: true, tls: TLS }, ' with UTF8LMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id '],
    [{ authenticated: true }, ' with ESMTPA id '],
    [{ tls: TLS }, ' with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id '],
    [{ tls: TLS, authenticated: true }, ' with ESMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384) id '],
    [{ extended: false, tls: TLS }, ' with SMTP (TLSv1.3 TLS_AES_256_GCM_SHA384) id '],
  ])('%j', (reception, expected) => {
    expect(unfolded(reception)).toContain(expected)
  })
})

describe('from', () => {
  test.each<[Partial<Reception>, string]>([
    [{}, 'from client.example ([192.0.2.1]) by '],
    [{ clientAddress: '::ffff:192.0.2.1' }, 'from client.example ([192.0.2.1]) by '],
    [{ clientAddress: '2001:db8::1' }, 'from client.example ([IPv6:2001:db8::1]) by '],
    [{ clientAddress: 'fe80::1%eth0' }, 'from client.example ([IPv6:fe80::1]) by '],
    [{ clientAddress: '/run/socket' }, 'from client.example by '],
    [{ helo: '[192.0.2.9]' }, 'from [192.0.2.9] ([192.0.2.1]) by '],
    [{ helo: '[IPv6:2001:db8::9]' }, 'from [IPv6:2001:db8::9] ([192.0.2.1]) by '],
    [{ helo: 'MY_PC' }, 'from MY_PC ([192.0.2.1]) by '],
    [{ helo: null }, 'from [192.0.2.1] ([192.0.2.1]) by '],
    [{ helo: null, clientAddress: '' }, 'from unknown by '],
    [{ helo: 'a b' }, 'from [192.0.2.1] ([192.0.2.1]) (helo a?b) by '],
    [{ helo: 'x) by evil.example (' }, 'from [192.0.2.1] ([192.0.2.1]) (helo x??by?evil.example??) by '],
    [{ helo: 'x\r\nSubject: y' }, 'from [192.0.2.1] ([192.0.2.1]) (helo x??Subject:?y) by '],
    [{ helo: 'x\\' }, 'from [192.0.2.1] ([192.0.2.1]) (helo x?) by '],
    [{ helo: 'm\u00fcller' }, 'from [192.0.2.1] ([192.0.2.1]) (helo m?ller) by '],
    [{ clientName: 'evil) (' }, 'from client.example ([192.0.2.1]) by '],
  ])('%j', (reception, expected) => {
    expect(unfolded(reception)).toContain(`Received: ${expected}`)
  })
})

describe('for', () => {
  test.each<[string[], string]>([
    [['a@b'], ' id abcdefghijkm for <a@b>; Tue'],
    [['"a b"@c'], ' id abcdefghijkm for <"a b"@c>; Tue'],
    [[], ' id abcdefghijkm; Tue'],
    [['a@b', 'c@d'], ' id abcdefghijkm; Tue'],
    [['a>@b'], ' id abcdefghijkm; Tue'],
    [['a\r\nX: y@b'], ' id abcdefghijkm; Tue'],
    [['\u00fc@b'], ' id abcdefghijkm; Tue'],
  ])('%j', (recipients, expected) => {
    expect(unfolded({ recipients })).toContain(expected)
  })

  test.each<[string, string]>([
    ['\u00fc@b\u00fccher.example', ' id abcdefghijkm for <\u00fc@b\u00fccher.example>; Tue'],
    ['a@b', ' id abcdefghijkm for <a@b>; Tue'],
    ['a@b\u00fccher.example', ' id abcdefghijkm for <a@xn--bcher-kva.example>; Tue'],
    ['\u00fc>@b', ' id abcdefghijkm; Tue'],
    ['\u00fc\r\nX: y@b', ' id abcdefghijkm; Tue'],
    ['\u00fc\u0085@b', ' id abcdefghijkm; Tue'],
    ['\u00fc\u2028@b', ' id abcdefghijkm; Tue'],
    ['\u00fc\ud800@b', ' id abcdefghijkm; Tue'],
    [`${'\u00fc'.repeat(128)}@b`, ' id abcdefghijkm; Tue'],
  ])('%j of an internationalised message (RFC 6531 §3.7.3)', (recipient, expected) => {
    expect(unfolded({ recipients: [recipient], utf8: true })).toContain(expected)
  })
})

test('whatever the peer says, it is one field of printable US-ASCII in lines that are not too long', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string(),
      fc.string(),
      (helo, clientName, recipient) => {
        const field = received({ ...RECEPTION, helo, clientName, recipients: [recipient], tls: TLS })
        const fields = parseFields(Buffer.from(field, 'utf8'))
        expect(fields.map(({ name, range }) => [name, range.end])).toEqual([['Received', field.length]])
        expect(field).toMatch(/^[\x20-\x7e]+\r\n(\t[\x21-\x7e][\x20-\x7e]*\r\n)*$/)
        expect(Math.max(...field.split('\r\n').map((line) => line.length))).toBeLessThan(300)
        expect(parseDate(field.slice(field.lastIndexOf(';') + 1))?.ms).toBe(RECEPTION.at)
      },
    ),
  )
})

test.each([
  ['', 'Return-Path: <>\r\n'],
  ['a@b.example', 'Return-Path: <a@b.example>\r\n'],
  ['"a b"@c', 'Return-Path: <"a b"@c>\r\n'],
  ['\u00fc@b', 'Return-Path: <\u00fc@b>\r\n'],
  ['a@b>\r\nX: <y', 'Return-Path: <a@b???X: ?y>\r\n'],
])('Return-Path of %j', (reversePath, expected) => {
  expect(returnPath(reversePath)).toBe(expected)
})
