import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { leaf, message, multipart } from '../../../test/mime-tree.js'
import { dialogue, Session, Shelf, three } from '../../../test/shelf.js'
import { FLAG } from '../../store/changes.js'
import { Disconnected } from '../../wire/writer.js'
import { BadArgument } from '../errors.js'

describe('what is answered', () => {
  test.each([
    [
      'FETCH 1:3 FLAGS',
      '* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS ($Junk))\r\na OK FETCH completed',
    ],
    ['FETCH 2 (UID RFC822.SIZE)', '* 2 FETCH (UID 22 RFC822.SIZE 17)\r\na OK FETCH completed'],
    ['FETCH * INTERNALDATE', '* 3 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700")\r\na OK FETCH completed'],
    [
      'FETCH 2 FULL',
      '* 2 FETCH (FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 17 ' +
        'ENVELOPE ("envelope of m22") BODY ("body of m22"))\r\na OK FETCH completed',
    ],
    ['FETCH 2 BODYSTRUCTURE', '* 2 FETCH (BODYSTRUCTURE ("structure of m22"))\r\na OK FETCH completed'],
    ['FETCH 2 RFC822', '* 2 FETCH (RFC822 {17}\r\nSubject: 2\r\n\r\ntwo)\r\na OK FETCH completed'],
    ['FETCH 2 RFC822.HEADER', '* 2 FETCH (RFC822.HEADER {14}\r\nSubject: 2\r\n\r\n)\r\na OK FETCH completed'],
    ['FETCH 2 RFC822.TEXT', '* 2 FETCH (RFC822.TEXT {3}\r\ntwo)\r\na OK FETCH completed'],
    [
      'FETCH 2 (BODY[1] UID BODY[2] BODY.PEEK[TEXT]<1.9>)',
      '* 2 FETCH (BODY[1] {3}\r\ntwo UID 22 BODY[2] NIL BODY[TEXT]<1> {2}\r\nwo)\r\na OK FETCH completed',
    ],
    ['FETCH 2 BODY[]<17.1>', '* 2 FETCH (BODY[]<17> "")\r\na OK FETCH completed'],
    ['FETCH 2 BODY[9]<0.1>', '* 2 FETCH (BODY[9]<0> NIL)\r\na OK FETCH completed'],
    [
      'FETCH 2 BODY[HEADER.FIELDS (DATE FROM)]',
      '* 2 FETCH (BODY[HEADER.FIELDS (DATE FROM)] {2}\r\n\r\n)\r\na OK FETCH completed',
    ],
    [
      'FETCH 2 BODY[HEADER.FIELDS ({7}\r\nsubject)]',
      '* 2 FETCH (BODY[HEADER.FIELDS (subject)] {14}\r\nSubject: 2\r\n\r\n)\r\na OK FETCH completed',
    ],
    // Every message once, ascending, however the set is written.
    ['FETCH 3,1:2,*:2 UID', '* 1 FETCH (UID 11)\r\n* 2 FETCH (UID 22)\r\n* 3 FETCH (UID 33)\r\na OK FETCH completed'],
    // UIDs: told without being asked, and passed over where there is none (RFC 3501 §6.4.8).
    [
      'UID FETCH 1:25 FLAGS',
      '* 1 FETCH (UID 11 FLAGS ())\r\n* 2 FETCH (UID 22 FLAGS (\\Seen))\r\na OK UID FETCH completed',
    ],
    ['UID FETCH 12:21,99 FLAGS', 'a OK UID FETCH completed'],
    ['UID FETCH 559:* (UID)', '* 3 FETCH (UID 33)\r\na OK UID FETCH completed'],
  ])('%s', async (command, expected) => expect(await dialogue(three(), command)).toBe(expected))

  test('\\Recent is the session’s', async () => {
    const shelf = three()
    shelf.firstRecent = 22
    expect(await dialogue(shelf, 'FETCH 1:2 FLAGS')).toBe(
      '* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS (\\Seen \\Recent))\r\na OK FETCH completed',
    )
  })

  test('octets that no text can hold', async () => {
    const shelf = new Shelf().add(1, leaf('a\0b\r\nc\n\xff'), FLAG.seen)
    expect(await dialogue(shelf, 'FETCH 1 BODY[1]')).toBe(
      '* 1 FETCH (BODY[1] {8}\r\na\0b\r\nc\n\xff)\r\na OK FETCH completed',
    )
  })
})

test('numbers that do not exist are refused, also `*` of an empty mailbox (RFC 3501 §9, seq-number)', async () => {
  await expect(dialogue(three(), 'FETCH 3:4 FLAGS')).rejects.toThrow(BadArgument)
  await expect(dialogue(new Shelf(), 'FETCH 1:* FLAGS')).rejects.toThrow(BadArgument)
  await expect(dialogue(new Shelf(), 'FETCH * FLAGS')).rejects.toThrow(BadArgument)
  expect(await dialogue(new Shelf(), 'UID FETCH 1:* FLAGS')).toBe('a OK UID FETCH completed')
})

describe('no more is read than is needed', () => {
  test.each([
    ['FETCH 1:3 (FLAGS UID RFC822.SIZE INTERNALDATE)', []],
    ['FETCH 1:3 FULL', ['indexes 3']],
    ['FETCH 1:2 BODY.PEEK[]', ['indexes 2', 'openBlob', 'openBlob']],
    ['FETCH 1 (BODY.PEEK[1] BODY.PEEK[2] ENVELOPE)', ['indexes 1', 'openBlob']],
  ])('%s', async (command, asked) => {
    const shelf = three()
    await dialogue(shelf, command)
    expect(shelf.asked).toEqual(asked)
  })

  test('indexes are read for some hundred messages at a time, and by the octets', async () => {
    const shelf = new Shelf()
    for (let uid = 1; uid <= 450; uid++) shelf.add(uid, leaf('x'))
    const answer = await dialogue(shelf, 'FETCH 1:* ENVELOPE')
    expect(shelf.asked).toEqual(['indexes 200', 'indexes 200', 'indexes 50'])
    expect(answer.match(/^\* \d+ FETCH \(ENVELOPE/gm)).toHaveLength(450)

    const large = new Shelf()
    for (let uid = 1; uid <= 9; uid++) large.add(uid, leaf('x'.repeat(2 * 1024 * 1024)))
    await dialogue(large, 'FETCH 1:* ENVELOPE')
    expect(large.asked).toEqual(['indexes 4', 'indexes 4', 'indexes 1'])
  })
})

describe('a client that is slow', () => {
  const large = (uids: number, octets: number): Shelf => {
    const shelf = new Shelf()
    for (let uid = 1; uid <= uids; uid++) shelf.add(uid, leaf('0123456789abcdef'.repeat(octets / 16)), FLAG.seen)
    shelf.piece = 64 * 1024
    return shelf
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) await turn()
  }

  test('holds the reading of a message back', async () => {
    const octets = 8 * 1024 * 1024
    const shelf = large(1, octets)
    const session = new Session(shelf)
    const running = session.run('FETCH 1 BODY[]')
    await settle()
    expect(shelf.read).toBeLessThan(512 * 1024)
    session.listen()
    await running
    const answer = await session.received()
    expect(answer.length).toBe(`* 1 FETCH (BODY[] {${octets + 2}}\r\n`.length + octets + 2 + ')\r\n'.length)
  })

  test('holds the next messages back', async () => {
    const shelf = large(100, 256 * 1024)
    shelf.piece = null
    const session = new Session(shelf)
    const running = session.run('FETCH 1:* BODY[]')
    await settle()
    expect(shelf.asked.filter((call) => call === 'openBlob').length).toBeLessThan(4)
    session.listen()
    await running
  })

  test('holds the items of one message back', async () => {
    const shelf = new Shelf().add(1, leaf('x'.repeat(512 * 1024)), FLAG.seen)
    const session = new Session(shelf)
    const items = Array.from({ length: 100 }, (_, i) => `BODY[]<${i}.400000>`)
    const running = session.run(`FETCH 1 (${items.join(' ')})`)
    await settle()
    expect(session.client[0].writableLength).toBeLessThan(1024 * 1024)
    session.listen()
    await running
  })

  test('and goes away ends the command', async () => {
    const shelf = large(100, 256 * 1024)
    const session = new Session(shelf)
    const running = session.run('FETCH 1:* BODY[]')
    await settle()
    session.client[1].destroy()
    session.connection.destroy()
    await expect(running).rejects.toThrow(Disconnected)
    expect(shelf.asked.filter((call) => call === 'openBlob').length).toBeLessThan(4)
  })
})

describe('others get a turn', () => {
  /** Turns of the event loop while `command` runs. */
  async function turnsDuring(shelf: Shelf, command: string): Promise<[turns: number, answer: string]> {
    const session = new Session(shelf)
    session.listen()
    let turns = 0
    let done = false
    const running = session.run(command).finally(() => {
      done = true
    })
    for (; !done; turns++) await turn()
    await running
    return [turns, await session.received()]
  }

  test.each([
    ['FLAGS', 30],
    ['BODY[1]', 30],
  ])('during a FETCH of %s from many messages', async (items, least) => {
    const shelf = new Shelf()
    for (let uid = 1; uid <= 5_000; uid++) shelf.add(uid, multipart(leaf('a'), message(leaf('b'))), FLAG.seen)
    const [turns, answer] = await turnsDuring(shelf, `FETCH 1:* ${items}`)
    expect(turns).toBeGreaterThanOrEqual(least)
    expect(answer.match(/^\* \d+ FETCH \(/gm)).toHaveLength(5_000)
  })

  const field = 'X-Fill: some text that nobody asked for\r\n'

  test('during a FETCH of many items from one message', async () => {
    const shelf = new Shelf().add(1, leaf('', field.repeat(1_500)), FLAG.seen)
    const items = Array.from({ length: 100 }, (_, i) => `BODY.PEEK[HEADER.FIELDS (X-${i})]`)
    const [turns] = await turnsDuring(shelf, `FETCH 1 (${items.join(' ')})`)
    expect(turns).toBeGreaterThanOrEqual(30)
  })

  test('during a choice of fields from a long header', async () => {
    const shelf = new Shelf().add(1, leaf('', field.repeat(20_000)), FLAG.seen)
    const [turns, answer] = await turnsDuring(shelf, 'FETCH 1 BODY.PEEK[HEADER.FIELDS (X)]')
    expect(turns).toBeGreaterThanOrEqual(20)
    expect(answer).toBe('* 1 FETCH (BODY[HEADER.FIELDS (X)] {2}\r\n\r\n)\r\n')
  })
})
