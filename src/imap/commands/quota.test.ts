import { expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { Scanner } from '../scanner.js'
import { parseSetQuota, quotaResponse } from './quota.js'

const parse = (text: string): ReturnType<typeof parseSetQuota> => parseSetQuota(new Scanner([{ text }], 5))

test.each([
  [' "" ()', '', []],
  [' a@b (STORAGE 512)', 'a@b', [['STORAGE', 512]]],
  [' "a b" (message 0 x-other 7)', 'a b', [['MESSAGE', 0], ['X-OTHER', 7]]], // biome-ignore format: a table
] as const)('SETQUOTA%s', (text, root, limits) => {
  expect(parse(text)).toEqual({ name: 'SETQUOTA', root, limits: new Map(limits) })
})

test.each([
  '',
  ' a',
  ' a ',
  ' a STORAGE 1',
  ' a (STORAGE)',
  ' a (STORAGE )',
  ' a (STORAGE 1',
  ' a (STORAGE x)',
  ' a (STORAGE 99999999999999999)',
  ' a (STORAGE 1 storage 2)',
])('SETQUOTA%s is refused', (text) => {
  expect(() => parse(text)).toThrow('Expected')
})

test.each([
  [0, 0, '()'],
  [1024, 0, '(STORAGE 0 1)'],
  [1025, 0, '(STORAGE 0 2)'],
  [0, 9, '(MESSAGE 0 9)'],
  [1, 9, '(STORAGE 0 1 MESSAGE 0 9)'],
])('limits of %i octets and %i messages are told as %s', (octets, messages, list) => {
  const limits = { octets, messages }
  const quota = { account: 1 as never, address: 'ann@example.org', used: 0, messages: 0, limits, own: limits }
  expect(quotaResponse({ ...quota, warned: 0 })).toBe(`QUOTA ann@example.org ${list}`)
})

test('an address that is not ASCII is the name of a root as a literal', () => {
  const limits = { octets: 0, messages: 0 }
  const quota = { account: 1 as never, address: 'anná@example.org', used: 0, messages: 0, limits, own: limits }
  expect(quotaResponse({ ...quota, warned: 0 })).toBe('QUOTA {17}\r\nann\xc3\xa1@example.org ()')
})

test('whoever is an administrator is none with an app password', async () => {
  const world = await World.create()
  world.administrators = ['Alice@EXAMPLE.org']
  const first = await world.connect()
  expect(await first.say('a SETQUOTA alice@example.org (STORAGE 5)\r\n')).toContain('a OK')
  expect(world.lines.find((line) => line.message === 'IMAP quota set')?.fields).toEqual({
    email: 'alice@example.org',
    limit_bytes: 5 * 1024,
    limit_messages: 0,
  })
  const { verify } = world.authenticator
  world.authenticator = {
    ...world.authenticator,
    verify: async (attempt) => ({ ...(await verify(attempt)), appPassword: 1 }) as never,
  }
  const second = await world.connect()
  expect(await second.say('a SETQUOTA alice@example.org ()\r\n')).toContain('a NO [NOPERM]')
  expect(await second.say('b CAPABILITY\r\n')).not.toContain('QUOTASET')
})
