/** ENVELOPE of RFC 3501 §7.4.2, and the addresses in it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { mimeLimits } from '../core/limits.js'
import { parseAddresses } from './addresses.js'
import { EMPTY_ENVELOPE, envelope, messageId } from './envelope.js'
import { parseFields } from './headers.js'
import { NamedFields } from './named-fields.js'

const fieldsOf = (header: string): NamedFields => new NamedFields(parseFields(Buffer.from(header, 'latin1')))
const envelopeOf = (header: string): string => envelope(fieldsOf(header), mimeLimits)

/** name/route/mailbox/host, `-` for NIL. */
const shown = (value: string): string[] =>
  parseAddresses(value, 100).map(({ name, route, mailbox, host }) =>
    [name, route, mailbox, host].map((part) => part ?? '-').join('/'),
  )

describe('addresses', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \r\n ', []],
    ['a@b.c', ['-/-/a/b.c']],
    ['<a@b.c>', ['-/-/a/b.c']],
    ['John Doe <jdoe@machine.example>', ['John Doe/-/jdoe/machine.example']], // RFC 5322 A.1.1
    ['"Joe Q. Public" <john.q.public@example.com>', ['Joe Q. Public/-/john.q.public/example.com']], // A.1.2
    ['Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>', ['Mary Smith/-/mary/x.test', '-/-/jdoe/example.org', 'Who?/-/one/y.test']], // biome-ignore format: A.1.2
    ['<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>', ['-/-/boss/nil.test', 'Giant; "Big" Box/-/sysservices/example.net']], // biome-ignore format: A.1.2
    ['A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;', ['-/-/A Group/-', 'Ed Jones/-/c/a.test', '-/-/joe/where.test', 'John/-/jdoe/one.test', '-/-/-/-']], // biome-ignore format: A.1.3
    ['Undisclosed recipients:;', ['-/-/Undisclosed recipients/-', '-/-/-/-']], // A.1.3
    ['Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>', ['Pete/-/pete/silly.test']], // A.5
    ['A Group(Some people)\r\n     :Chris Jones <c@(Chris\'s host.)public.example>,\r\n joe@example.org,\r\n John <jdoe@one.test> (my dear friend); (the end of the group)', ['-/-/A Group/-', 'Chris Jones/-/c/public.example', '-/-/joe/example.org', 'John/-/jdoe/one.test', '-/-/-/-']], // biome-ignore format: A.5
    ['(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;', ['-/-/Hidden recipients/-', '-/-/-/-']], // A.5
    ['Joe Q. Public <john.q.public@example.com>', ['Joe Q. Public/-/john.q.public/example.com']], // A.6.1
    ['Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example', ['Mary Smith/@node.test/mary/example.net', '-/-/jdoe/test.example']], // biome-ignore format: A.6.1
    ['<@a.test,@b.test:c@d.test>', ['-/@a.test,@b.test/c/d.test']],
    ['John Doe <jdoe@machine(comment).  example>', ['John Doe/-/jdoe/machine.example']], // A.6.3
    ['jdoe@example.org (John Doe)', ['John Doe/-/jdoe/example.org']],
    ['(John) jdoe@example.org', ['-/-/jdoe/example.org']],
    ['(one) a@b (two), c@d', ['two/-/a/b', '-/-/c/d']],
    ['a.(one)b@c', ['-/-/a.b/c']],
    ['<a@b> (one)', ['-/-/a/b']],
    ['root (Charlie Root)', ['Charlie Root/-/root/MISSING_DOMAIN']],
    ['""@b', ['-/-//b']],
    ['john . doe @ example . org', ['-/-/john.doe/example.org']],
    ['"john doe"@example.org', ['-/-/john doe/example.org']],
    ['user@[192.0.2.1]', ['-/-/user/[192.0.2.1]']],
    ['user@[IPv6:2001:db8::1], x@y', ['-/-/user/[IPv6:2001:db8::1]', '-/-/x/y']],
    ['=?utf-8?Q?Caf=C3=A9?= <a@b>', ['=?utf-8?Q?Caf=C3=A9?=/-/a/b']],
    ['=?utf-8?Q?Smith,_J?= <a@b>', ['=?utf-8?Q?Smith,_J?=/-/a/b']],
    ['=?utf-8?B?w6k=?=\r\n =?utf-8?B?w6k=?= <a@b>', ['=?utf-8?B?w6k=?= =?utf-8?B?w6k=?=/-/a/b']],
    ['M\xfcller <a@b>', ['M\xfcller/-/a/b']],
    ['"a\r\n  b" <a@b>', ['a b/-/a/b']],
    ['"" <a@b>', ['-/-/a/b']],
    ['[List] <a@b>', ['[List]/-/a/b']],
    ['a@b.c <d@e.f>', ['a@b.c/-/d/e.f']],
    ['John a@b', ['John/-/a/b']],
    ['<a@b> <c@d>', ['-/-/a/b', '-/-/c/d']],
    ['<a@b', ['-/-/a/b']],
    ['<<a@b>>', ['-/-/a/b']],
    ['<a@b, c@d', ['-/-/a/b', '-/-/c/d']],
    ['a@b@c, d@e', ['-/-/a/b', '-/-/d/e']],
    ['a@b; c@d', ['-/-/a/b', '-/-/c/d']],
    ['root', ['-/-/root/MISSING_DOMAIN']],
    ['<root>', ['-/-/root/MISSING_DOMAIN']],
    ['Mail Delivery System', ['Mail Delivery System/-/MISSING_MAILBOX/MISSING_DOMAIN']],
    ['Mailer <>', ['Mailer/-/MISSING_MAILBOX/MISSING_DOMAIN']],
    ['foo@', ['-/-/foo/MISSING_DOMAIN']],
    ['@foo', ['-/-/MISSING_MAILBOX/foo']],
    ['<@foo>', ['-/-/MISSING_MAILBOX/foo']],
    ['group: a@b', ['-/-/group/-', '-/-/a/b', '-/-/-/-']],
    ['x:y:z@w;', ['-/-/x/-', '-/-/y:z/w', '-/-/-/-']],
    ['(never closed', []],
    ['"never closed <a@b>', ['-/-/never closed <a@b>/MISSING_DOMAIN']],
    ['a@b (never closed', ['never closed/-/a/b']],
    [')>]\\ a@b', [')>]\\/-/a/b']],
  ])('%j', (value, expected) => {
    expect(shown(value)).toEqual(expected)
  })

  test('no more than the limit, and a group is closed all the same', () => {
    expect(parseAddresses('a@b,'.repeat(10), 3)).toHaveLength(3)
    expect(parseAddresses(`g:${'a@b,'.repeat(10)};`, 3).at(-1)?.mailbox).toBeNull()
  })

  test('no octets make it fail or hang', () => {
    fc.assert(
      fc.property(hostileOctets('<>@,;:"()[]\\=?.\r\n a'), (value) => {
        parseAddresses(value.toString('latin1'), 1000)
      }),
      { numRuns: 1000 },
    )
  })

  test.each(['<@', '@', 'a,', 'a:;', '(', '"', '=?u?q?', 'a@b<', 'a ', '<', ' \r\n', '\\', '[', 'a@[', '@a:'])(
    'a quarter of a megabyte of %j is read in one go',
    (piece) => {
      envelopeOf(`From: ${piece.repeat(mimeLimits.headerOctets / piece.length)}\r\n\r\n`)
    },
  )
})

describe('envelope', () => {
  test('the example of RFC 3501 §8', () => {
    const header = `Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r
From: Terry Gray <gray@cac.washington.edu>\r
Subject: IMAP4rev1 WG mtg summary and minutes\r
To: imap@cac.washington.edu\r
Cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r
Message-Id: <B27397-0100000@cac.washington.edu>\r
MIME-Version: 1.0\r
\r\n`
    const gray = '(("Terry Gray" NIL "gray" "cac.washington.edu"))'
    expect(envelopeOf(header)).toBe(
      `("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ${gray} ${gray} ${gray} ` +
        '((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")' +
        '("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.edu>")',
    )
  })

  test('every field in its place', () => {
    const names = ['Date', 'Subject', 'From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc', 'In-Reply-To', 'Message-ID']
    const header = names.map((name, i) => `${name.toUpperCase()}: ${i}\r\n`).join('')
    const address = (i: number): string => `((NIL NIL "${i}" "MISSING_DOMAIN"))`
    expect(envelopeOf(header)).toBe(`("0" "1" ${[2, 3, 4, 5, 6, 7].map(address).join(' ')} "8" "9")`)
  })

  test.each([
    ['', EMPTY_ENVELOPE],
    ['Subject:\r\n', '(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: a\r\n\t b \r\n\r\n', '(NIL "a b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: first\r\nSubject: second\r\n', '(NIL "first" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: \xe9\r\n', '(NIL {1}\r\n\xe9 NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: a\0b\r\n', '(NIL "ab" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: a\xa0\r\n', '(NIL {2}\r\na\xa0 NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['Subject: =?utf-8?Q?=22?=\r\n', '(NIL "=?utf-8?Q?=22?=" NIL NIL NIL NIL NIL NIL NIL NIL)'],
    ['To: a@b\r\nTo: c@d\r\n', '(NIL NIL NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)'],
    ['From: a@b\r\nSender:\r\nReply-To: ,\r\n', '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)'], // biome-ignore format: a table
    ['To: g:;\r\n', '(NIL NIL NIL NIL NIL ((NIL NIL "g" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)'],
  ])('%j', (header, expected) => {
    expect(envelopeOf(header)).toBe(expected)
  })

  test('is cut at a whole address', () => {
    const limits = { ...mimeLimits, responseOctets: 8 * 40 }
    const text = envelope(fieldsOf('To: a@b, c@d, e@f, g@h\r\n'), limits)
    expect(text).toBe('(NIL NIL NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)')
    expect(envelope(fieldsOf('To: a@b\r\nTo: c@d\r\n'), { ...mimeLimits, addresses: 1 })).not.toContain('"c"')
  })

  test('stays within its limit with a header as long as may be', () => {
    const addresses = '"\xfc" <a@b>,\r\n '.repeat(mimeLimits.headerOctets / 15)
    for (const name of ['From', 'To', 'Subject']) {
      expect(envelopeOf(`${name}: ${addresses}\r\n`).length).toBeLessThan(mimeLimits.responseOctets)
    }
  })
})

test.each([
  ['Message-ID: <a@b>\r\n', '<a@b>'],
  ['Message-ID:\r\n <a@b>\r\n', '<a@b>'],
  ['message-id: junk <a@b> junk\r\n', '<a@b>'],
  ['Message-ID: <a\xfc@b>\r\n', '<a\xfc@b>'],
  ['Message-ID: <a b>\r\n', null],
  ['Message-ID: <>\r\n', null],
  ['Message-ID: <a@b\r\n', null],
  ['Message-ID: a@b\r\n', null],
  ['Message-ID:\r\n', null],
  ['Subject: <a@b>\r\n', null],
])('the Message-ID of %j', (header, expected) => {
  expect(messageId(fieldsOf(header))).toBe(expected)
})
