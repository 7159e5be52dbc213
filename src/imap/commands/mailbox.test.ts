import { describe, expect, test } from 'vitest'
import { World } from '../../../test/imap-world.js'
import { BadSyntax } from '../errors.js'
import { Scanner } from '../scanner.js'
import { parseList } from './list.js'
import { parseCreate } from './mailbox.js'

const scan = (text: string): Scanner => new Scanner([{ text }], 10)

describe('CREATE', () => {
  test.each([
    [' a', 'a', []],
    [' a/', 'a', []],
    [' /', '/', []],
    [' "a b" (USE (\\Sent \\x))', 'a b', ['\\Sent', '\\x']],
    [' a (use ())', 'a', []],
  ])('%j', (text, mailbox, uses) => {
    expect(parseCreate(scan(text))).toEqual({ name: 'CREATE', mailbox, uses })
  })

  test.each(['', ' ', ' a ', ' a ()', ' a (USE)', ' a (USE \\Sent)', ' a (USE (Sent))', ' a (USE (\\Sent)'])(
    '%j is no CREATE',
    (text) => {
      expect(() => parseCreate(scan(text))).toThrow(BadSyntax)
    },
  )
})

describe('LIST', () => {
  test('has three ways to be extended', () => {
    const plain = { name: 'LIST', reference: 'r', patterns: ['p'], selected: [], returned: [], status: [] }
    expect(parseList(scan(' r p'))).toEqual({ ...plain, extended: false })
    expect(parseList(scan(' () r p'))).toEqual({ ...plain, extended: true })
    expect(parseList(scan(' r (p)'))).toEqual({ ...plain, extended: true })
    expect(parseList(scan(' r p return ()'))).toEqual({ ...plain, extended: true })
    expect(
      parseList(scan(' (recursivematch Subscribed) r (p "q r") RETURN (children STATUS (SIZE size) SUBSCRIBED)')),
    ).toEqual({
      ...plain,
      patterns: ['p', 'q r'],
      extended: true,
      selected: ['RECURSIVEMATCH', 'SUBSCRIBED'],
      returned: ['CHILDREN', 'SUBSCRIBED'],
      status: ['SIZE'],
    })
  })
})

test('an account with many mailboxes is listed in turns, and the answer is whole', async () => {
  const world = await World.create(
    {},
    Array.from({ length: 1200 }, (_, i) => `m${i}`),
  )
  const c = await world.connect()
  const answer = await c.say('a LIST "" "m*"\r\n')
  expect(answer.match(/^\* LIST/gm)).toHaveLength(1200)
  expect(answer).toMatch(/a OK LIST completed\r\n$/)
})

test('a mailbox that goes while it is listed has no figures', async () => {
  const world = await World.create({}, ['a', 'b'])
  const status = world.store.mailboxStatus.bind(world.store)
  world.store.mailboxStatus = async (id) => {
    if ((await world.store.findMailbox(world.account, 'a'))?.id === id)
      await world.store.deleteMailbox(world.account, 'a')
    return status(id)
  }
  const c = await world.connect()
  expect(await c.say('a LIST "" (a b) RETURN (STATUS (MESSAGES))\r\n')).toBe(
    [
      '* LIST (\\HasNoChildren) "/" a',
      '* LIST (\\HasNoChildren) "/" b',
      '* STATUS b (MESSAGES 0)',
      'a OK LIST completed',
      '',
    ].join('\r\n'),
  )
})
