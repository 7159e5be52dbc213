import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'

const NAMES = ['Sent', 'foo/bar', 'foo/bar/baz', 'Entwürfe', 'a b', 'NIL', 'x&y']

describe('LIST', () => {
  test.each<[string, readonly string[]]>([
    ['"" ""', ['(\\Noselect) "/" ""']],
    ['foo/ ""', ['(\\Noselect) "/" ""']],
    [
      '"" "*"',
      [
        '(\\HasNoChildren) "/" INBOX',
        '(\\HasNoChildren) "/" Entw&APw-rfe',
        '(\\HasNoChildren) "/" "NIL"',
        '(\\HasNoChildren \\Sent) "/" Sent',
        '(\\HasNoChildren) "/" "a b"',
        '(\\Noselect \\HasChildren) "/" foo',
        '(\\HasChildren) "/" foo/bar',
        '(\\HasNoChildren) "/" foo/bar/baz',
        '(\\HasNoChildren) "/" x&-y',
      ],
    ],
    [
      '"" %',
      [
        '(\\HasNoChildren) "/" INBOX',
        '(\\HasNoChildren) "/" Entw&APw-rfe',
        '(\\HasNoChildren) "/" "NIL"',
        '(\\HasNoChildren \\Sent) "/" Sent',
        '(\\HasNoChildren) "/" "a b"',
        '(\\Noselect \\HasChildren) "/" foo',
        '(\\HasNoChildren) "/" x&-y',
      ],
    ],
    ['"" %/%', ['(\\HasChildren) "/" foo/bar']],
    [
      '"" foo*',
      ['(\\Noselect \\HasChildren) "/" foo', '(\\HasChildren) "/" foo/bar', '(\\HasNoChildren) "/" foo/bar/baz'],
    ],
    ['"" foo', ['(\\Noselect \\HasChildren) "/" foo']],
    ['"" fo%', ['(\\Noselect \\HasChildren) "/" foo']],
    ['foo/ %', ['(\\HasChildren) "/" foo/bar']],
    ['foo /bar', ['(\\HasChildren) "/" foo/bar']],
    ['"" inBOX', ['(\\HasNoChildren) "/" INBOX']],
    ['"" iN*', ['(\\HasNoChildren) "/" INBOX']],
    ['"" Entw&APw-%', ['(\\HasNoChildren) "/" Entw&APw-rfe']],
    ['"" {4+}\r\nSent', ['(\\HasNoChildren \\Sent) "/" Sent']],
    ['"" nobox', []],
  ])('LIST %s', async (args, lines) => {
    const world = await World.create({}, NAMES)
    const c = await world.connect()
    expect(await c.say(`a LIST ${args}\r\n`)).toBe(
      [...lines.map((l) => `* LIST ${l}`), 'a OK LIST completed', ''].join('\r\n'),
    )
  })

  test.each(['', ' ""', ' "" ()', ' "" a b', ' "" "\xff"', ' "" "\xe9"', ` "" ${'a'.repeat(2000)}`])(
    'LIST%j is BAD',
    async (args) => {
      const c = await (await World.create()).connect()
      expect(await c.say(`a LIST${args}\r\n`)).toMatch(/^a BAD [^\r]*\r\n$/)
    },
  )
})

describe('STATUS', () => {
  test('gives what was asked, in that order, each once', async () => {
    const world = await World.create({}, NAMES)
    await world.deliver()
    await world.deliver('x', { system: 1, keywords: [] })
    const c = await world.connect()
    expect(await c.say('a STATUS inbox (UIDNEXT messages UNSEEN RECENT UIDVALIDITY MESSAGES)\r\n')).toMatch(
      /^\* STATUS INBOX \(UIDNEXT 3 MESSAGES 2 UNSEEN 1 RECENT 2 UIDVALIDITY \d+\)\r\na OK STATUS completed\r\n$/,
    )
    expect(await c.say('b STATUS "a b" (MESSAGES)\r\n')).toMatch(/^\* STATUS "a b" \(MESSAGES 0\)/)
    expect(await c.say('c STATUS nobox (MESSAGES)\r\n')).toBe('c NO [NONEXISTENT] No such mailbox\r\n')
  })

  test.each([
    '',
    ' INBOX',
    ' INBOX ()',
    ' INBOX MESSAGES',
    ' INBOX (FOO)',
    ' INBOX (toString)',
    ' INBOX (MESSAGES',
    ' INBOX (MESSAGES) x',
  ])('STATUS%s is BAD', async (args) => {
    const c = await (await World.create()).connect()
    expect(await c.say(`a STATUS${args}\r\n`)).toMatch(/^a BAD [^\r]*\r\n$/)
  })
})
