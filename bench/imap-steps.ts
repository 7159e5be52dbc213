/** What sessions do with a mailbox, each of it so many times and by so many sessions at once. Any server will do. */
import { performance } from 'node:perf_hooks'
import { type Counted, ImapCounter, type ImapServer } from './imap-counter.js'
import { makeMessage } from './smtp-load.js'
import { type Latency, latency } from './statistics.js'

export interface Login {
  readonly server: ImapServer
  readonly user: string
  readonly password: string
}

export interface StepOptions extends Login {
  /** The mailbox that is made, filled, used and deleted; another with -copy behind its name. */
  readonly mailbox: string
  readonly messages: number
  /** Octets of each. */
  readonly size: number
  readonly sessions: number
  /** How often each session does it. */
  readonly rounds: number
}

export interface StepResult {
  readonly name: string
  /** Commands that were done, or the first refusal. */
  readonly commands: number
  readonly refused: string | null
  readonly seconds: number
  /** Of one command, in milliseconds. */
  readonly latency: Latency
  /** Untagged responses and octets of all. */
  readonly responses: number
  readonly octets: number
}

/** @throws when the server does not let it in */
export async function loggedIn({ server, user, password }: Login): Promise<ImapCounter> {
  const client = await ImapCounter.connect(server)
  const { status, text } = await client.command(`LOGIN ${user} "${password.replace(/["\\]/g, '\\$&')}"`)
  if (status !== 'OK') throw new Error(`LOGIN ${user}: ${status} ${text}`)
  return client
}

/** One command of one session. */
type Work = (client: ImapCounter, round: number, session: number) => Promise<Counted>

async function measure(name: string, clients: readonly ImapCounter[], rounds: number, work: Work): Promise<StepResult> {
  const durations: number[] = []
  let responses = 0
  let octets = 0
  let refused: string | null = null
  const begin = performance.now()
  const session = async (client: ImapCounter, number: number): Promise<void> => {
    for (let round = 0; round < rounds && refused === null; round++) {
      const from = performance.now()
      const counted = await work(client, round, number)
      durations.push(performance.now() - from)
      responses += counted.responses
      octets += counted.octets
      if (counted.status !== 'OK') refused = `${counted.status} ${counted.text}`
    }
  }
  await Promise.all(clients.map(session))
  const seconds = (performance.now() - begin) / 1000
  return { name, commands: durations.length, refused, seconds, latency: latency(durations), responses, octets }
}

const DONE: Counted = { status: 'OK', text: '', responses: 0, octets: 0 }

/** Connecting, TLS, LOGIN and LOGOUT, each time on a connection of its own. */
function logins(options: StepOptions, clients: readonly ImapCounter[]): Promise<StepResult> {
  return measure('login and logout', clients, options.rounds, async () => {
    const client = await loggedIn(options)
    await client.command('LOGOUT')
    client.close()
    return DONE
  })
}

/** Commands on the selected mailbox; `n` is a message that no other session has its hands on in that round. */
const commands = ({
  mailbox,
  messages,
  sessions,
}: StepOptions): readonly (readonly [string, (n: number) => string])[] => [
  ['SELECT', () => `SELECT ${mailbox}`],
  ['STATUS', () => `STATUS ${mailbox} (MESSAGES UNSEEN UIDNEXT)`],
  ['FETCH 1:* (FLAGS)', () => 'FETCH 1:* (UID FLAGS)'],
  ['FETCH 1:* envelopes', () => 'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)'],
  ['FETCH 1:* BODY.PEEK[]', () => 'FETCH 1:* (UID BODY.PEEK[])'],
  ['FETCH n BODY.PEEK[]', (n) => `FETCH ${n} BODY.PEEK[]`],
  ['SEARCH SUBJECT', (n) => `SEARCH SUBJECT "message ${n}"`],
  ['SEARCH BODY', () => 'SEARCH BODY "quick brown cat"'],
  ['SEARCH UNSEEN SINCE', () => 'SEARCH UNSEEN SINCE 1-Jan-2020'],
  ['SORT (DATE)', () => 'SORT (DATE) UTF-8 ALL'],
  ['STORE n +FLAGS', (n) => `STORE ${n} +FLAGS (\\Flagged)`],
  ['STORE 1:* +FLAGS.SILENT', () => 'STORE 1:* +FLAGS.SILENT ($Bench)'],
  [`COPY 1:${Math.min(100, messages)}`, () => `COPY 1:${Math.min(100, messages)} ${mailbox}-copy`],
  ['COPY n', (n) => `COPY ${n} ${mailbox}-copy`],
  [`NOOP, ${sessions} sessions`, () => 'NOOP'],
]

/** All steps one behind the other; `told` hears of each when it is done. */
export async function imapSteps(options: StepOptions, told: (result: StepResult) => void): Promise<void> {
  const { mailbox, messages, size, sessions, rounds } = options
  const clients = await Promise.all(Array.from({ length: sessions }, () => loggedIn(options)))
  const [first] = clients
  for (const name of [mailbox, `${mailbox}-copy`]) await first?.command(`CREATE ${name}`)
  told(await logins(options, clients))
  const each = Math.ceil(messages / sessions)
  const append: Work = (client, round, n) => client.append(mailbox, makeMessage(size, n * each + round))
  told(await measure('APPEND', clients, each, append))
  for (const client of clients) await client.command(`SELECT ${mailbox}`)
  for (const [name, text] of commands(options)) {
    const work: Work = (client, round, n) => client.command(text(1 + ((round * sessions + n) % messages)))
    told(await measure(name, clients, rounds, work))
  }
  for (const name of [mailbox, `${mailbox}-copy`]) await first?.command(`DELETE ${name}`)
  for (const client of clients) client.close()
}
