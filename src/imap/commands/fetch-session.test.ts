/** FETCH in whole sessions, with the indexer and a store behind it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { everyOctet } from '../../../test/arbitraries.js'
import { type ImapClient, World } from '../../../test/imap-world.js'
import { FLAG } from '../../store/changes.js'

async function selected(world: World, command = 'SELECT'): Promise<ImapClient> {
  const client = await world.connect()
  expect(await client.say(`s ${command} INBOX\r\n`)).toContain('s OK')
  return client
}

/** The dialogue at the end of RFC 3501 §8, whose message is 342 octets of header. */
test('the RFC’s own FETCH of a header', async () => {
  const header =
    'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n' +
    'Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n' +
    'cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n' +
    'Message-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\n' +
    'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n'
  const world = await World.create()
  await world.deliver(`${header}${'.'.repeat(31)}\r\n`, { system: FLAG.seen, keywords: [] })
  const client = await selected(world, 'EXAMINE')
  expect(await client.say('a004 fetch 1 body[header]\r\n')).toBe(
    `* 1 FETCH (BODY[HEADER] {342}\r\n${header})\r\na004 OK FETCH completed\r\n`,
  )
  expect(await client.say('a003 fetch 1 full\r\n')).toBe(
    '* 1 FETCH (FLAGS (\\Seen \\Recent) INTERNALDATE " 1-Jan-2026 00:00:00 +0000" RFC822.SIZE 375 ' +
      'ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ' +
      '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
      '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
      '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
      '"<B27397-0100000@cac.washington.edu>") BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 33 1))\r\n' +
      'a003 OK FETCH completed\r\n',
  )
})

describe('\\Seen', () => {
  test('is told to the client that reads in its FETCH alone, and to others by itself', async () => {
    const world = await World.create()
    await world.deliver('Subject: s\r\n\r\nbody', { system: 0, keywords: [] })
    const reader = await selected(world)
    const other = await selected(world)
    const answer = await reader.say('a FETCH 1 BODY[TEXT]\r\n')
    expect(answer).toBe('* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[TEXT] {4}\r\nbody)\r\na OK FETCH completed\r\n')
    expect(await reader.say('b NOOP\r\n')).toBe('b OK NOOP completed\r\n')
    expect(await other.say('b NOOP\r\n')).toBe('* 1 FETCH (FLAGS (\\Seen))\r\nb OK NOOP completed\r\n')
    expect(await reader.say('c FETCH 1 BODY[TEXT]\r\n')).toBe(
      '* 1 FETCH (BODY[TEXT] {4}\r\nbody)\r\nc OK FETCH completed\r\n',
    )
  })

  test('is not set in a mailbox that was opened with EXAMINE', async () => {
    const world = await World.create()
    await world.deliver('Subject: s\r\n\r\nbody')
    const client = await selected(world, 'EXAMINE')
    expect(await client.say('a FETCH 1 (RFC822.TEXT FLAGS)\r\n')).toBe(
      '* 1 FETCH (RFC822.TEXT {4}\r\nbody FLAGS (\\Recent))\r\na OK FETCH completed\r\n',
    )
  })
})

test('a message that another session expunged is there until the client is told', async () => {
  const world = await World.create()
  await world.deliver('\r\none', { system: FLAG.seen | FLAG.deleted, keywords: [] })
  await world.deliver('\r\ntwo', { system: FLAG.seen, keywords: [] })
  const client = await selected(world, 'EXAMINE')
  const other = await selected(world)
  expect(await other.say('y EXPUNGE\r\n')).toContain('y OK')
  expect(await client.say('a FETCH 1 BODY[1]\r\n')).toMatch(/^\* 1 FETCH \(BODY\[1\] \{3\}\r\none\)\r\na OK/)
  expect(await client.say('b FETCH 2 BODY[1]\r\n')).toMatch(/^\* 2 FETCH \(BODY\[1\] \{3\}\r\ntwo\)\r\nb OK/)
  // UID FETCH may tell, but only when it is done with its numbers.
  expect(await client.say('c UID FETCH 1:* BODY[1]\r\n')).toMatch(
    /^\* 1 FETCH \(UID 1 [^*]*\* 2 FETCH \(UID 2 [^*]*\* 1 EXPUNGE\r\nc OK UID FETCH completed\r\n$/,
  )
  expect(await client.say('d FETCH 2 FLAGS\r\n')).toMatch(/^d BAD /)
  expect(await client.say('e UID FETCH 1 FLAGS\r\n')).toBe('e OK UID FETCH completed\r\n')
})

test('names of header fields as literals, over every octet', async () => {
  const world = await World.create()
  await world.deliver('Subject: s\r\nDate: d\r\n\r\n', { system: FLAG.seen, keywords: [] })
  const client = await selected(world)
  const command = Buffer.from('a FETCH 1 (BODY[HEADER.FIELDS ({4+}\r\nDate {4+}\r\na\r\nb)]<0.7> UID)\r\n')
  expect(await client.say(...everyOctet(command))).toBe(
    '* 1 FETCH (BODY[HEADER.FIELDS (Date {4}\r\na\r\nb)]<0> {7}\r\nDate: d UID 1)\r\na OK FETCH completed\r\n',
  )
})

test('the trace shows the dialogue and nothing of the message', async () => {
  const world = await World.create()
  await world.deliver('Subject: hush\r\n\r\nhush '.padEnd(9_000, 'hush '), { system: FLAG.seen, keywords: [] })
  const client = await selected(world)
  const items = '(UID ENVELOPE BODY[HEADER.FIELDS (Subject)] BODY[]<0.20> BODY[])'
  expect(await client.say(`a FETCH 1 ${items}\r\n`)).toContain('hush')
  const shown = world.lines.map(({ message }) => message).join('\n')
  expect(shown).toContain('BODY[HEADER.FIELDS (Subject)]')
  expect(shown).not.toContain('hush')
})

const CORPUS = 'test/fixtures/corpus'

describe('mails from the world', () => {
  test.each(readdirSync(CORPUS))('%s comes back octet for octet, whole and in pieces', async (file) => {
    const mail = readFileSync(join(CORPUS, file)).toString('latin1')
    const world = await World.create()
    const spool = world.store.newSpool()
    await spool.write(Buffer.from(mail, 'latin1'))
    const message = {
      blob: await spool.seal(),
      flags: { system: FLAG.seen, keywords: [] },
      internalDate: 0,
      internalZone: 0,
    }
    await world.store.append(world.inbox, [message])
    const client = await selected(world)

    const literal = (octets: string): string => (octets === '' ? '""' : `{${octets.length}}\r\n${octets}`)
    const fetched = async (item: string, value: string): Promise<void> => {
      const label = item.replace(/(<\d+)\.\d+>$/, '$1>')
      expect(await client.say(`a FETCH 1 ${item}\r\n`)).toBe(
        `* 1 FETCH (${label} ${value})\r\na OK FETCH completed\r\n`,
      )
    }
    // Some of them have lines that end in LF alone.
    const end = /^.*?\n\r?\n/s.exec(mail)?.[0].length ?? 0
    await fetched('BODY[]', literal(mail))
    await fetched('RFC822.SIZE', String(mail.length))
    await fetched('BODY[HEADER]', literal(mail.slice(0, end)))
    await fetched('RFC822.TEXT', literal(mail.slice(end)))
    await fetched('BODY[HEADER.FIELDS.NOT (X-Not-There)]', literal(mail.slice(0, end)))
    for (let at = 0; at <= mail.length; at += 1000)
      await fetched(`BODY[]<${at}.1000>`, literal(mail.slice(at, at + 1000)))
  })
})
