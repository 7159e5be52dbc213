/** What FETCH changes, and what it does about messages that are gone or cannot be read. */
import { describe, expect, test } from 'vitest'
import { dialogue, Session, type Shelf, three } from '../../../test/shelf.js'
import type { BlobId } from '../../core/ids.js'
import { StoreError } from '../../store/errors.js'
import type { BlobReader } from '../../store/store.js'

describe('\\Seen (RFC 3501 §6.4.5)', () => {
  test.each([
    ['BODY[]', true],
    ['BODY[TEXT]', true],
    ['BODY[HEADER]', true],
    ['BODY[1.MIME]', true],
    ['BODY[9]', true],
    ['RFC822', true],
    ['RFC822.TEXT', true],
    ['(ENVELOPE BODY[1]<0.1>)', true],
    ['RFC822.HEADER', false],
    ['BODY.PEEK[]', false],
    ['BODY.PEEK[1]', false],
    ['(BODY BODYSTRUCTURE)', false],
    ['FULL', false],
  ])('%s', async (items, sets) => {
    const shelf = three()
    const answer = await dialogue(shelf, `FETCH 1:3 ${items}`)
    expect(shelf.asked.includes('setFlags 11,33')).toBe(sets)
    if (sets) {
      expect(answer).toMatch(/^\* 1 FETCH \(FLAGS \(\\Seen\) /m)
      expect(answer).toMatch(/^\* 2 FETCH \((?!FLAGS)/m)
      expect(answer).toMatch(/\* 3 FETCH \(FLAGS \(\\Seen \$Junk\) /)
      expect(await dialogue(shelf, `FETCH 1:3 ${items}`)).not.toContain('FLAGS')
    }
    const other = three()
    await dialogue(other, `FETCH 1:3 ${items}`, true)
    expect(other.asked.join()).not.toContain('setFlags')
  })

  test('FLAGS that were asked for are those after it', async () => {
    expect(await dialogue(three(), 'FETCH 1 (BODY[1] FLAGS)')).toBe(
      '* 1 FETCH (BODY[1] {3}\r\none FLAGS (\\Seen))\r\na OK FETCH completed',
    )
  })

  test('a full disk does not keep anyone from reading', async () => {
    const shelf = three()
    shelf.refuseFlags = new StoreError('unavailable', 'disk full')
    expect(await dialogue(shelf, 'FETCH 1 BODY[1]')).toBe('* 1 FETCH (BODY[1] {3}\r\none)\r\na OK FETCH completed')
  })

  test('any other refusal is one', async () => {
    const shelf = three()
    shelf.refuseFlags = new StoreError('no-such-mailbox', 'gone')
    await expect(dialogue(shelf, 'FETCH 1 BODY[1]')).rejects.toThrow(shelf.refuseFlags)
  })
})

describe('messages that another session expunged', () => {
  test('are served until they are announced, under their old number, and not marked', async () => {
    const shelf = three()
    const session = new Session(shelf)
    session.listen()
    shelf.expunge(11)
    const completion = await session.run('FETCH 1:2 (UID BODY[1])')
    expect(await session.received()).toBe(
      '* 1 FETCH (UID 11 BODY[1] {3}\r\none)\r\n* 2 FETCH (UID 22 BODY[1] {3}\r\ntwo)\r\n',
    )
    expect(completion).toMatchObject({ status: 'OK', code: null })
    expect(shelf.asked).not.toContain('setFlags 11')
  })

  test.each([
    ['FETCH 1:2 (UID BODY[1])', 'NO', '* 2 FETCH (UID 22 BODY[1] {3}\r\ntwo)\r\n'],
    ['FETCH 1:2 ENVELOPE', 'NO', '* 2 FETCH (ENVELOPE ("envelope of m22"))\r\n'],
    ['FETCH 1 (UID FLAGS)', 'OK', '* 1 FETCH (UID 11 FLAGS ())\r\n'],
    ['UID FETCH 11,22 BODY[1]', 'OK', '* 2 FETCH (UID 22 BODY[1] {3}\r\ntwo)\r\n'],
  ])('%s when the content is gone', async (command, status, expected) => {
    const shelf = three()
    const session = new Session(shelf)
    session.listen()
    shelf.expunge(11)
    shelf.contents.delete(1011 as BlobId)
    const completion = await session.run(command)
    expect(await session.received()).toBe(expected)
    expect(completion).toMatchObject({ status, code: command.includes('FLAGS') ? null : 'EXPUNGEISSUED' })
  })
})

describe('octets that cannot be read', () => {
  const failing = (shelf: Shelf, read: BlobReader['read']): void => {
    shelf.openBlob = (blob, reader) =>
      blob === 1011 && reader !== null ? { size: reader.size, bytes: null, read } : reader
  }
  async function* fails(): AsyncGenerator<Buffer> {
    yield Buffer.from('x')
    throw new StoreError('unavailable', 'bad sector')
  }

  test('the others are served, and the completion says so', async () => {
    const shelf = three()
    shelf.openBlob = (blob, reader) => {
      if (blob === 1011) throw new StoreError('unavailable', 'no file')
      return reader
    }
    expect(await dialogue(shelf, 'FETCH 1:2 BODY.PEEK[1]')).toBe(
      '* 2 FETCH (BODY[1] {3}\r\ntwo)\r\na NO [UNAVAILABLE] Some of the requested messages could not be read',
    )
  })

  test('what needs no octets is told all the same', async () => {
    const shelf = three()
    shelf.openBlob = () => {
      throw new StoreError('unavailable', 'no file')
    }
    const session = new Session(shelf)
    session.listen()
    const completion = await session.run('UID FETCH 11 (RFC822.SIZE BODY[])')
    expect(await session.received()).toBe('* 1 FETCH (FLAGS (\\Seen) UID 11 RFC822.SIZE 5)\r\n')
    expect(completion).toMatchObject({ status: 'NO', code: 'UNAVAILABLE' })
    expect(session.log).toMatchObject([{ message: 'IMAP message unreadable', fields: { uid: 11, error: 'no file' } }])
  })

  test('a section that fails before its literal has begun is left out', async () => {
    const shelf = three()
    failing(shelf, fails)
    expect(await dialogue(shelf, 'FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] UID)')).toBe(
      '* 1 FETCH (UID 11)\r\na NO [UNAVAILABLE] Some of the requested messages could not be read',
    )
    expect(await dialogue(shelf, 'FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]')).toMatch(/^a NO \[UNAVAILABLE\]/)
  })

  test.each<[string, BlobReader['read']]>([
    ['that throws', fails],
    [
      'that is too short',
      async function* () {
        yield Buffer.from('x')
      },
    ],
    [
      'that is too long',
      async function* () {
        yield Buffer.alloc(50)
      },
    ],
  ])('a stream %s ends the connection: a literal cannot be taken back', async (_, read) => {
    const shelf = three()
    failing(shelf, read)
    const session = new Session(shelf)
    session.listen()
    const reason = await session.run('FETCH 1 BODY.PEEK[]').catch((error: Error) => error)
    expect(reason).toBeInstanceOf(Error)
    await session.connection.closed
    const fields = { mailbox: 'INBOX', uid: 11, error: 'bad sector' }
    const lines = reason instanceof StoreError ? [{ level: 'error', message: 'IMAP message unreadable', fields }] : []
    expect(session.log).toEqual(lines)
  })
})
