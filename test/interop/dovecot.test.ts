/** Dovecot is asked the same as we are about the same mails, and says the same, or an RFC says that we are right. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { TestSite } from '../../bench/server-process.js'
import { corpus } from '../corpus.js'
import { conversations } from './conversations.js'
import { Dovecot, whyNoDovecot } from './dovecot.js'
import { oddFields } from './dovecot-mails.js'
import { differences, fetchData, type MessageData, partNumbers } from './fetch-data.js'
import { type Search, searchesFor } from './searches.js'

const why = whyNoDovecot()
const mails = corpus()

const CHARSET = 'RFC 2046 §4.1.2: US-ASCII is the default of text/plain; other subtypes have their own'
const ENCODED =
  'RFC 2046 §5.2.1: no message may be encoded, so what this is cannot be known, and §5.1.1: the line end is the boundary’s'

/** Differences in what is said of the mails of the corpus, `mail item place: ours | theirs`, and what proves us right. */
const OTHERWISE: readonly (readonly [RegExp, string])[] = [
  [/^rfc-000\.eml BODY(STRUCTURE)? 3\.2: null \| \["charset","us-ascii"\]$/, CHARSET],
  [/^rfc-003\.eml BODY(STRUCTURE)? 1\.2: null \| \["charset","us-ascii"\]$/, CHARSET],
  [/^rfc-007\.eml BODY(STRUCTURE)? 1\.0\.1\.0\.2: null \| \["charset","us-ascii"\]$/, CHARSET],
  [
    /^rfc-001\.eml BODY(STRUCTURE)? 2\.2: \[.*"server","listserv@bogus\.bitnet".*\] \| \[(?!.*"server")/,
    'RFC 2045 §5.1: a semicolon is missing in front of it; what follows is told all the same',
  ],
  [/^rfc-008\.eml BODY(STRUCTURE)? 1\.6: "1194" \| "1196"$/, ENCODED],
  [/^rfc-008\.eml BODY(STRUCTURE)? 1\.9: "15" \| "16"$/, ENCODED],
  [/^rfc-008\.eml BODY\[2\] : "(.*)" \| "\1\\r\\n"$/, ENCODED],
  [/^rfc-008\.eml BODY\[2\.(1|HEADER|TEXT).* : null \| "/, ENCODED],
]

/** Mails that only one of us finds, by what is searched for, and why that is right. */
const SEARCHED_OTHERWISE: readonly (readonly [search: RegExp, mails: RegExp, why: string])[] = [
  [
    /[\x80-\xff]/,
    /^(010|017|020|022|027|052)\.eml$/,
    'RFC 2045 §5.2: what octets that nothing declares are may be guessed; that they are ISO 8859-1 is a good guess here',
  ],
  [/[\x80-\xff]/, /^039\.eml$/, 'RFC 3501 §6.4.4: text is compared, and &auml; in HTML is the text ä'],
  [
    /BODY /,
    /^(014|019|021|028|039|rfc-001)\.eml$/,
    'RFC 9051 §6.4.4: BODY does not match header fields, of parts neither',
  ],
  [
    /TEXT |BODY /,
    /^rfc-008\.eml$/,
    'RFC 3501 §6.4.4: a part of type MESSAGE is looked into, and this one, which nobody may, is in base64',
  ],
]

/** Types and the like are in capitals or not as a server likes (RFC 2045 §5.1); all other text is octets. */
const sameStructure = (a: string, b: string): boolean =>
  a === b || (/^[\w.+-]+$/.test(a) && a.toLowerCase() === b.toLowerCase())

/** What is the same though it is written otherwise, by item. A time may be told in any zone (RFC 3501 §2.3.3). */
const SAME: { readonly [item: string]: (a: string, b: string) => boolean } = {
  BODY: sameStructure,
  BODYSTRUCTURE: sameStructure,
  INTERNALDATE: (a, b) => Date.parse(a) === Date.parse(b),
}

describe.skipIf(why !== null)(why === null ? 'Dovecot' : `Dovecot (skipped: ${why})`, () => {
  let site: TestSite
  let dovecot: Dovecot
  let ours: ImapClient
  let theirs: ImapClient

  beforeAll(async () => {
    site = await TestSite.create(['alice'])
    const server = await site.start()
    dovecot = await Dovecot.start()
    ours = await ImapClient.connect(server.ports.imaps)
    await ours.command(`LOGIN alice@posthorn.test "${site.password}"`)
    theirs = await ImapClient.connect(dovecot.port, { tls: false })
  })
  afterAll(async () => {
    ours?.close()
    theirs?.close()
    await dovecot?.stop()
    await site?.remove()
  })

  /** A mailbox of that name with `messages` in it, selected on both. */
  async function fill(name: string, messages: readonly Buffer[]): Promise<void> {
    const one = async (client: ImapClient): Promise<void> => {
      expect((await client.command(`CREATE ${name}`)).status).toBe('OK')
      for (const [i, octets] of messages.entries()) {
        const date = `"${String(1 + (i % 28)).padStart(2, ' ')}-Feb-2026 03:04:05 ${i % 2 === 0 ? '+0000' : '-0730'}"`
        expect((await client.append(`${name} ${date}`, octets)).status).toBe('OK')
      }
      expect((await client.command(`SELECT ${name}`)).status).toBe('OK')
    }
    await Promise.all([ours, theirs].map(one))
  }

  /** What both say, by message. */
  async function both(command: string): Promise<readonly (readonly [number, MessageData, MessageData])[]> {
    const [a, b] = await Promise.all([ours.command(command), theirs.command(command)])
    expect(a.status, `${command}: ${a.text}`).toBe('OK')
    expect(b.status, `${command}: ${b.text}`).toBe('OK')
    const said = fetchData(b.untagged)
    const empty: MessageData = new Map()
    return [...fetchData(a.untagged)].map(([seq, items]) => [seq, items, said.get(seq) ?? empty])
  }

  /** Every difference as a line. */
  const compare = (ourItems: MessageData, theirItems: MessageData): readonly string[] =>
    [...ourItems].flatMap(([item, data]) => {
      const found = differences(data, theirItems.get(item) ?? null, SAME[item] ?? ((a, b) => a === b))
      return found.map((difference) => `${item} ${difference}`)
    })

  describe('the corpus', () => {
    const found: string[] = []
    const structures: MessageData[] = []
    beforeAll(() =>
      fill(
        'corpus',
        mails.map(({ octets }) => octets),
      ),
    )

    test.each([
      'ENVELOPE',
      'BODYSTRUCTURE',
      'BODY',
      'RFC822.SIZE INTERNALDATE UID',
      'BODY.PEEK[]',
      'RFC822.HEADER',
      'BODY.PEEK[HEADER] BODY.PEEK[TEXT]',
      'BODY.PEEK[HEADER.FIELDS (FROM Subject X-None Received)]',
      'BODY.PEEK[HEADER.FIELDS.NOT (FROM Subject received)]',
      'BODY.PEEK[]<0.1> BODY.PEEK[TEXT]<100.30> BODY.PEEK[HEADER]<3.1000000> BODY.PEEK[1]<2.70>',
      'BODY.PEEK[]<100000000.5>',
    ])('%s', async (items) => {
      for (const [seq, a, b] of await both(`FETCH 1:* (${items})`)) {
        const { name } = mails[seq - 1] ?? { name: '' }
        found.push(...compare(a, b).map((line) => `${name} ${line}`))
        if (items === 'BODYSTRUCTURE') structures[seq - 1] = a
      }
    })

    test('every part, its MIME header, and header and text of every message in another', async () => {
      for (const [i, { name }] of mails.entries()) {
        const items: string[] = []
        for (const [number, isMessage] of partNumbers(structures[i]?.get('BODYSTRUCTURE') ?? null)) {
          items.push(`BODY.PEEK[${number}]`, `BODY.PEEK[${number}.MIME]`, `BODY.PEEK[${number}]<5.100>`)
          if (isMessage)
            items.push(
              `BODY.PEEK[${number}.HEADER]`,
              `BODY.PEEK[${number}.TEXT]`,
              `BODY.PEEK[${number}.HEADER.FIELDS (Subject To)]`,
              `BODY.PEEK[${number}.HEADER.FIELDS.NOT (Subject)]`,
            )
        }
        for (const [, a, b] of await both(`FETCH ${i + 1} (${items.join(' ')})`)) {
          expect(a.size, name).toBe(items.length)
          found.push(...compare(a, b).map((line) => `${name} ${line}`))
        }
      }
    })

    test('what differs is what an RFC has as we do', () => {
      const reasonsFor = (line: string) => OTHERWISE.filter(([pattern]) => pattern.test(line))
      expect(found.filter((line) => reasonsFor(line).length === 0)).toEqual([])
      expect(OTHERWISE.filter(([pattern]) => !found.some((line) => pattern.test(line)))).toEqual([])
    })

    test('a part that is not there is NIL, not a text of no octets (RFC 3501 §4.5)', async () => {
      const items = ['BODY.PEEK[99]', 'BODY.PEEK[99.MIME]', 'BODY.PEEK[1.HEADER]', 'BODY.PEEK[1.99.TEXT]']
      for (const [, a, b] of await both(`FETCH 1 (${items.join(' ')})`))
        for (const item of items) {
          const label = item.replace('.PEEK', '')
          expect([label, a.get(label), b.get(label)]).toEqual([label, null, ''])
        }
    })
  })

  describe('SEARCH', () => {
    const matches = async (client: ImapClient, search: Search): Promise<readonly string[]> => {
      const { status, text, untagged } = await client.command(`SEARCH CHARSET UTF-8 ${search}`)
      expect(status, `${search}: ${text}`).toBe('OK')
      const numbers = untagged.find((line) => line.startsWith('* SEARCH'))?.match(/\d+/g) ?? []
      return numbers.map((n) => mails[Number(n) - 1]?.name ?? n).sort()
    }

    test('hundreds of searches find the same mails, but for those that an RFC lets us find, or not', async () => {
      for (const client of [ours, theirs]) await client.command('SELECT corpus')
      const searches = await searchesFor(mails)
      expect(searches.length).toBeGreaterThan(300)
      const unused = new Set(SEARCHED_OTHERWISE)
      const unexplained: string[] = []
      for (const search of searches) {
        const [a, b] = await Promise.all([matches(ours, search), matches(theirs, search)])
        const differ = [...a.filter((name) => !b.includes(name)), ...b.filter((name) => !a.includes(name))]
        for (const name of differ) {
          const reasons = SEARCHED_OTHERWISE.filter(([what, whom]) => what.test(search) && whom.test(name))
          if (reasons.length === 0)
            unexplained.push(`${search}: ${name} is found by ${a.includes(name) ? 'us' : 'Dovecot'}`)
          for (const reason of reasons) unused.delete(reason)
        }
      }
      expect(unexplained).toEqual([])
      expect([...unused]).toEqual([])
    })
  })

  describe('SORT and THREAD', () => {
    beforeAll(() => fill('conversations', conversations))

    const answer = async (client: ImapClient, command: string): Promise<string> => {
      const { status, text, untagged } = await client.command(command)
      expect(status, `${command}: ${text}`).toBe('OK')
      return untagged.find((line) => /^\* (SORT|THREAD)/.test(line)) ?? ''
    }

    /** Without those whose header has octets that nothing declares: what they are, each may guess (RFC 2045 §5.2). */
    const declared = mails.flatMap(({ octets }, i) =>
      /[\x80-\xff]/.test(octets.toString('latin1').split('\r\n\r\n')[0] ?? '') ? [] : [i + 1],
    )

    describe.each([
      ['conversations', 'ALL'],
      ['corpus', declared.join(',')],
    ])('%s', (mailbox, criteria) => {
      beforeAll(async () => {
        for (const client of [ours, theirs]) await client.command(`SELECT ${mailbox}`)
      })

      test.each([
        'SORT (ARRIVAL)',
        'SORT (CC)',
        'SORT (DATE)',
        'SORT (FROM)',
        'SORT (SIZE)',
        'SORT (SUBJECT)',
        'SORT (TO)',
        'SORT (REVERSE DATE)',
        'SORT (SUBJECT REVERSE DATE)',
        'SORT (REVERSE SUBJECT FROM)',
        'THREAD ORDEREDSUBJECT',
        'THREAD REFERENCES',
      ])('%s', async (command) => {
        const [a, b] = await Promise.all([ours, theirs].map((client) => answer(client, `${command} UTF-8 ${criteria}`)))
        expect(a).toBe(b)
      })
    })
  })

  describe('odd fields', () => {
    const said: (readonly string[])[] = []
    beforeAll(async () => {
      await fill(
        'odd',
        oddFields.map(([field]) => Buffer.from(`${field}MIME-Version: 1.0\r\n\r\nhi\r\n`, 'latin1')),
      )
      for (const [seq, a, b] of await both('FETCH 1:* (ENVELOPE BODYSTRUCTURE)')) said[seq - 1] = compare(a, b)
    })

    test.each(oddFields.map(([field, reason], i) => [field, reason, i] as const))('%j', (_, reason, i) => {
      if (reason === null) expect(said[i]).toEqual([])
      else expect(said[i]).not.toEqual([])
    })
  })
})
