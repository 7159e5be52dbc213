/** Programs that keep a Maildir and a mailbox alike do so with our IMAP: all of the corpus, twice, and then what changed on either side. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ImapClient } from '../../bench/imap-client.js'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { corpus } from '../corpus.js'
import { fetchData } from './fetch-data.js'
import { missing, runProgram } from './programs.js'

const mails = corpus()
const lf = (octets: Buffer): Buffer => Buffer.from(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
const hash = (octets: Buffer | string): string => createHash('sha256').update(octets).digest('hex').slice(0, 12)

let site: TestSite
let server: RunningProcess
let client: ImapClient

beforeAll(async () => {
  site = await TestSite.create(['alice', 'bob'])
  server = await site.start()
})
afterAll(async () => {
  client?.close()
  await site?.remove()
})

async function logIn(user: string): Promise<void> {
  client?.close()
  client = await ImapClient.connect(server.ports.imaps)
  await client.command(`LOGIN ${user}@posthorn.test "${site.password}"`)
}

interface Kept {
  readonly octets: Buffer
  /** Letters of a Maildir, sorted: D, F, P, R, S, T. */
  readonly flags: string
}

const LETTERS: { readonly [flag: string]: string } = {
  '\\DRAFT': 'D',
  '\\FLAGGED': 'F',
  '\\ANSWERED': 'R',
  '\\SEEN': 'S',
  '\\DELETED': 'T',
}

/** What the server has in a mailbox, by UID. */
async function onServer(mailbox: string): Promise<ReadonlyMap<string, Kept>> {
  await client.command(`EXAMINE ${mailbox}`)
  const { untagged } = await client.command('FETCH 1:* (UID FLAGS BODY.PEEK[])')
  await client.command('UNSELECT')
  return new Map(
    [...fetchData(untagged).values()].map((items) => {
      const flags = items.get('FLAGS') as readonly string[]
      const letters = flags.map((flag) => LETTERS[flag.toUpperCase()] ?? '').sort()
      return [
        String(items.get('UID')),
        { octets: Buffer.from(String(items.get('BODY[]')), 'latin1'), flags: letters.join('') },
      ]
    }),
  )
}

/** What is in a Maildir, by file name without flags. */
async function inMaildir(dir: string): Promise<ReadonlyMap<string, Kept>> {
  const found = new Map<string, Kept>()
  for (const sub of ['cur', 'new'])
    for (const name of await readdir(join(dir, sub))) {
      const [base = '', flags = ''] = name.split(':2,')
      const octets = await readFile(join(dir, sub, name))
      found.set(base, { octets, flags: [...flags].filter((letter) => /[DFRST]/.test(letter)).join('') })
    }
  return found
}

/** By what a mail is known on both sides: all of it, but for what mbsync marks its uploads with. */
const contents = (mail: string): string => hash(mail.replace(/^X-TUID: .*\n/m, ''))

/** Or, of offlineimap: it writes mails anew as Python's email package understands them. */
const messageId = (mail: string): string => /^Message-ID:\s*(\S+)/im.exec(mail)?.[1] ?? 'none'

/** Mails and flags, in no order: what both sides must have alike. */
const alike = (kept: ReadonlyMap<string, Kept>, known: (mail: string) => string): readonly string[] =>
  [...kept.values()].map(({ octets, flags }) => `${known(lf(octets).toString('latin1'))} ${flags}`).sort()

/** Names, contents and flags: what may not change when there is nothing to do. */
const exactly = (kept: ReadonlyMap<string, Kept>): readonly string[] =>
  [...kept].map(([name, { octets, flags }]) => `${name} ${hash(octets)} ${flags}`).sort()

async function emptyMaildir(dir: string): Promise<void> {
  for (const sub of ['cur', 'new', 'tmp']) await mkdir(join(dir, sub), { recursive: true })
}

interface Syncer {
  readonly program: string
  readonly user: string
  readonly known: (mail: string) => string
  /** Makes what is there once, in a folder of its own. @returns what brings both sides together */
  readonly prepare: (dir: string) => Promise<() => Promise<void>>
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(program, args)
  expect(code, output).toBe(0)
}

const MBSYNCRC = (dir: string): string => `
IMAPAccount posthorn
Host localhost
Port ${server.ports.imaps}
User alice@posthorn.test
Pass "${site.password}"
SSLType IMAPS
CertificateFile ${site.dir}/data/tls/self-signed.crt
AuthMechs LOGIN

IMAPStore far
Account posthorn

MaildirStore near
Path ${dir}/mail/
Inbox ${dir}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`

const OFFLINEIMAPRC = (dir: string): string => `
[general]
accounts = bob
metadata = ${dir}/metadata
[Account bob]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${dir}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = ${server.ports.imaps}
remoteuser = bob@posthorn.test
remotepass = ${site.password}
ssl = yes
sslcacertfile = ${site.dir}/data/tls/self-signed.crt
`

const SYNCERS: readonly Syncer[] = [
  {
    program: 'mbsync',
    user: 'alice',
    known: contents,
    prepare: async (dir) => {
      const rc = join(dir, 'mbsyncrc')
      await writeFile(rc, MBSYNCRC(dir))
      return () => succeed('mbsync', ['--config', rc, '--all'])
    },
  },
  {
    program: 'offlineimap',
    user: 'bob',
    known: messageId,
    prepare: async (dir) => {
      const rc = join(dir, 'offlineimaprc')
      await writeFile(rc, OFFLINEIMAPRC(dir))
      return () => succeed('offlineimap', ['-c', rc, '-o', '-u', 'basic'])
    },
  },
]

describe.each(SYNCERS)('$program', ({ program, user, known, prepare }) => {
  const why = missing(program)
  const what = 'brings a Maildir of the corpus and a mailbox together, and changes nothing when nothing is new'
  let dir = ''
  let maildir = ''
  beforeEach(async () => {
    dir = join(site.dir, program)
    maildir = join(dir, 'mail', 'Corpus')
    await emptyMaildir(maildir)
    await emptyMaildir(join(dir, 'mail', 'INBOX'))
  })

  test.skipIf(why !== null)(why === null ? what : `${what} (skipped: ${why})`, async () => {
    await logIn(user)
    for (const [i, { octets }] of mails.entries())
      await writeFile(join(maildir, 'cur', `${i}.corpus:2,${i % 3 === 0 ? 'S' : ''}`), lf(octets))
    const sync = await prepare(dir)
    await sync()
    const uploaded = await onServer('Corpus')
    expect(alike(uploaded, known)).toEqual(alike(await inMaildir(maildir), known))
    expect(uploaded.size).toBe(mails.length)

    await sync()
    const local = await inMaildir(maildir)
    expect(exactly(await onServer('Corpus'))).toEqual(exactly(uploaded))
    await sync()
    expect(exactly(await inMaildir(maildir))).toEqual(exactly(local))

    await changeHere(maildir)
    await changeThere()
    await sync()
    const [here, there] = [await inMaildir(maildir), await onServer('Corpus')]
    expect(alike(here, known)).toEqual(alike(there, known))
    expect(there.size).toBe(mails.length)
    expect([...there.values()].filter(({ flags }) => flags.includes('F'))).toHaveLength(2)
    await sync()
    expect(exactly(await onServer('Corpus'))).toEqual(exactly(there))
    expect(exactly(await inMaildir(maildir))).toEqual(exactly(here))
  })
})

/** Flags the first file, removes the second, and adds one. */
async function changeHere(maildir: string): Promise<void> {
  const [first = '', second = ''] = (await readdir(join(maildir, 'cur'))).sort()
  await rename(join(maildir, 'cur', first), join(maildir, 'cur', `${first.split(':2,')[0]}:2,FS`))
  await rm(join(maildir, 'cur', second))
  await writeFile(
    join(maildir, 'new', 'added.here'),
    'From: a@b.example\nSubject: added here\nMessage-ID: <here@b.example>\n\ntext\n',
  )
}

/** The same of the last two messages of the mailbox. */
async function changeThere(): Promise<void> {
  await client.command('SELECT Corpus')
  const { untagged } = await client.command('FETCH * (UID)')
  const last = Number(/^\* (\d+) FETCH/.exec(untagged[0] ?? '')?.[1])
  await client.command(`STORE ${last} +FLAGS (\\Flagged)`)
  await client.command(`STORE ${last - 1} +FLAGS (\\Deleted)`)
  await client.command('EXPUNGE')
  await client.append(
    'Corpus',
    Buffer.from('From: a@b.example\r\nSubject: added there\r\nMessage-ID: <there@b.example>\r\n\r\ntext\r\n'),
  )
  await client.command('UNSELECT')
}
