/** A load that knows what it was promised: each message carries an id and the hash of its content. */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { ImapClient } from '../../bench/imap-client.js'
import type { Ports } from '../../bench/server-process.js'
import { ConnectionLost, SmtpClient } from '../../bench/smtp-client.js'

export interface Sent {
  readonly sha256: string
  /** Users in whose INBOX it belongs. */
  readonly to: readonly string[]
  /** `partial`: its end was never sent. `whole`: it was, and no answer came. `acknowledged`: the server said that it has it. */
  state: 'partial' | 'whole' | 'acknowledged'
}

export type Ledger = Map<string, Sent>

const KiB = 1024

/** Mostly small mails, a few that are kept in files of their own. */
const randomSize = (): number => (randomInt(20) === 0 ? 1024 * KiB + randomInt(512 * KiB) : 200 + randomInt(16 * KiB))

const makeMessage = (size = randomSize()): { id: string; octets: Buffer; sha256: string } => {
  const id = randomBytes(9).toString('hex')
  const body = `${randomBytes(size).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
  const octets = Buffer.from(`From: <load@example.org>\r\nX-Id: ${id}\r\nSubject: load\r\n\r\n${body}`, 'latin1')
  return { id, octets, sha256: createHash('sha256').update(octets).digest('hex') }
}

/** Sends mail over one SMTP connection until the server is gone. */
export async function smtpLoad(ports: Ports, users: readonly string[], ledger: Ledger): Promise<void> {
  const client = await SmtpClient.connect(ports.smtp)
  await client.command('EHLO load.example')
  for (;;) {
    const to = randomInt(3) === 0 ? users : [users[randomInt(users.length)] as string]
    const { id, octets, sha256 } = makeMessage()
    const sent: Sent = { sha256, to, state: 'partial' }
    ledger.set(id, sent)
    await client.command('MAIL FROM:<load@example.org>')
    for (const user of to) await client.command(`RCPT TO:<${user}@posthorn.test>`)
    await client.command('DATA')
    await client.write(octets.subarray(0, octets.length >> 1))
    await client.write(octets.subarray(octets.length >> 1))
    sent.state = 'whole'
    await client.write('.\r\n')
    if ((await client.reply()).code === 250) sent.state = 'acknowledged'
  }
}

/** Appends over one IMAP connection until the server is gone. */
export async function appendLoad(ports: Ports, user: string, password: string, ledger: Ledger): Promise<void> {
  const client = await ImapClient.connect(ports.imaps)
  await client.command(`LOGIN ${user}@posthorn.test "${password}"`)
  for (;;) {
    const { id, octets, sha256 } = makeMessage()
    const sent: Sent = { sha256, to: [user], state: 'whole' }
    ledger.set(id, sent)
    if ((await client.append('INBOX', octets)).status === 'OK') sent.state = 'acknowledged'
  }
}

/** Appends and removes again over one IMAP connection until the server is gone: nothing is promised of it. */
export async function expungeLoad(ports: Ports, user: string, password: string): Promise<void> {
  const client = await ImapClient.connect(ports.imaps)
  await client.command(`LOGIN ${user}@posthorn.test "${password}"`)
  await client.command('SELECT INBOX')
  for (let i = 0; ; i++) {
    await client.append('INBOX', makeMessage(i % 4 === 0 ? 1200 * KiB : 200).octets)
    await client.command('STORE 1:* +FLAGS.SILENT (\\Deleted)')
    await client.command('EXPUNGE')
  }
}

/** Where `transferLoad` moves messages to and fro, and where it copies them to. */
export const MOVED_BETWEEN = ['INBOX', 'Archive'] as const
export const COPIED_TO = 'Trash'

/** So many messages of one load go to and fro: what is promised of them is the same for more. */
const MOVED_AT_ONCE = 30

/**
 * Appends messages over one IMAP connection, copies each, and moves all of them to and fro, until the server is gone:
 * each is in one of the two mailboxes all the time, and there is one copy of it.
 */
export async function transferLoad(
  ports: Ports,
  user: string,
  password: string,
  { moved, copied }: { readonly moved: Ledger; readonly copied: Ledger },
): Promise<void> {
  const client = await ImapClient.connect(ports.imaps)
  await client.command(`LOGIN ${user}@posthorn.test "${password}"`)
  const [from, to] = MOVED_BETWEEN
  for (let i = 0; ; i++) {
    await client.command(`SELECT ${from}`)
    if (i < MOVED_AT_ONCE) await appendAndCopy(client, user, from, { moved, copied })
    await client.command(`UID MOVE 1:* ${to}`)
    await client.command(`SELECT ${to}`)
    await client.command(`UID MOVE 1:* ${from}`)
  }
}

async function appendAndCopy(
  client: ImapClient,
  user: string,
  mailbox: string,
  { moved, copied }: { readonly moved: Ledger; readonly copied: Ledger },
): Promise<void> {
  const { id, octets, sha256 } = makeMessage()
  const message: Sent = { sha256, to: [user], state: 'whole' }
  moved.set(id, message)
  if ((await client.append(mailbox, octets)).status !== 'OK') return
  message.state = 'acknowledged'
  const copy: Sent = { sha256, to: [user], state: 'whole' }
  copied.set(id, copy)
  if ((await client.command(`COPY * ${COPIED_TO}`)).status === 'OK') copy.state = 'acknowledged'
}

/** Swallows the end that a killed server makes of a load; anything else is a failure of the test. */
export const untilKilled = (load: Promise<void>): Promise<void> =>
  load.catch((error: unknown) => {
    if (!(error instanceof ConnectionLost)) throw error
  })
