/** `npm run bench -- imap`: what sessions do with a mailbox, IDLE, memory, and a large mailbox read beside others. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import type { ImapServer } from './imap-counter.js'
import { idleLatency, idlers } from './imap-idle.js'
import { besideOthers, type LargeResult } from './imap-large.js'
import { imapSteps, type Login, type StepResult } from './imap-steps.js'
import { fill } from './large-mailbox.js'
import { type Delays, type Probed, probe, probeEnvironment } from './probe.js'
import { type RunningProcess, TestSite } from './server-process.js'
import type { Latency } from './statistics.js'

interface Arguments {
  readonly host: string
  readonly port?: number
  readonly tls: ImapServer['tls']
  readonly user: string
  readonly password: string
  readonly smtpPort?: number
  readonly messages: number
  readonly size: number
  readonly sessions: number
  readonly rounds: number
  readonly idle: number
  readonly large: number
}

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('a whole number is needed')
  return n
}

const args = new Command('bench imap')
  .description('What sessions do with a mailbox over IMAP, and a large mailbox')
  .option('--messages <n>', 'messages in the mailbox', count, 1000)
  .option('--size <octets>', 'octets of one message', count, 4096)
  .option('--sessions <n>', 'sessions at once', count, 10)
  .option('--rounds <n>', 'how often each session does each', count, 10)
  .option('--idle <n>', 'sessions in IDLE, for their memory; our own server only; 0: none', count, 200)
  .option('--large <n>', 'messages of a large mailbox that is read whole; our own server only; 0: none', count, 100_000)
  .option('--host <host>', 'another server than our own', '127.0.0.1')
  .option('--port <port>', 'its port; without it our own server is started in a folder of its own', count)
  .addOption(new Option('--tls <kind>', 'of that server').choices(['implicit', 'starttls', 'none']).default('implicit'))
  .option('--user <name>', 'a user of that server', 'bench@posthorn.test')
  .option('--password <text>', 'of that user', 'correct horse')
  .option('--smtp-port <port>', 'where that server takes mail for that user, for IDLE', count)
  .parse()
  .opts<Arguments>()

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const ms = (n: number): string => `${n.toFixed(n < 10 ? 2 : 0)} ms`
const MiB = (octets: number): string => `${(octets / 1024 ** 2).toFixed(octets < 10 * 1024 ** 2 ? 2 : 0)} MiB`
const times = ({ p50, p99, max }: Latency | Delays): string =>
  `p50 ${ms(p50).padStart(8)}  p99 ${ms(p99).padStart(8)}  max ${ms(max).padStart(8)}`

function tell({ name, commands, refused, seconds, latency, responses, octets }: StepResult): void {
  const rate = `${(commands / seconds).toFixed(commands / seconds < 10 ? 1 : 0)}/s`
  const more = responses > 10 * commands ? `  ${Math.round(responses / seconds)} messages/s` : ''
  const volume = octets / seconds > 1024 ** 2 ? `  ${MiB(octets / seconds)}/s` : ''
  const figures = `${rate.padStart(8)}  ${times(latency)}${more}${volume}`
  say(`  ${name.padEnd(26)} ${refused === null ? figures : `not done: ${refused}`}`)
}

async function idle(login: Login, smtpPort: number): Promise<void> {
  const latency = await idleLatency(login, smtpPort, login.user, args.rounds * 10)
  say(`  ${"IDLE, from SMTP's 250".padEnd(26)} ${''.padStart(8)}  ${times(latency)}`)
}

/** Before anything else is done, so that nothing is given back meanwhile; but the first sessions pay for code that all share. */
async function idleMemory(login: Login, socket: string): Promise<void> {
  const closeFirst = await idlers(login, 20)
  const before = await probe(socket)
  const close = await idlers(login, args.idle)
  const { rss, heap, external } = await probe(socket)
  const each = (now: number, then: number): string => `${((now - then) / args.idle / 1024).toFixed(1)} KiB`
  say(`  ${args.idle} sessions in IDLE, by TLS: each ${each(rss, before.rss)} of resident set,`)
  say(`    ${each(heap, before.heap)} of heap, ${each(external, before.external)} outside of it`)
  closeFirst()
  close()
}

function tellLarge(
  what: string,
  { seconds, responses, octets, beside }: LargeResult,
  { delay, ownDelay }: Probed,
): void {
  const speed = responses === 0 ? '' : `: ${Math.round(responses / seconds)} messages/s, ${MiB(octets / seconds)}/s`
  say(`  ${what}, ${seconds.toFixed(1)} s${speed}`)
  for (const { command, latency } of beside) say(`    beside it ${command.padEnd(36)} ${times(latency)}`)
  say(`    ${"delay of the server's event loop".padEnd(47)} ${times(delay)}`)
  say(`    ${'the same without what other processes took'.padEnd(47)} ${times(ownDelay)}`)
}

/** Seconds that the others have to themselves, to compare with. */
const ALONE = 5

async function large(login: Login, server: RunningProcess, socket: string): Promise<void> {
  say(`a mailbox of ${args.large} messages of ${args.size} octets`)
  // So that it is open, and read.
  await besideOthers(login, (client) => client.command('FETCH 1 BODY.PEEK[]'))
  await probe(socket)
  const alone = await besideOthers(login, () => wait(ALONE * 1000))
  tellLarge('nobody reads all', alone, await probe(socket))
  const before = server.ownMemory()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, server.ownMemory())
  }, 100)
  const read = await besideOthers(login, (client) => client.command('FETCH 1:* BODY.PEEK[]'))
  clearInterval(watch)
  tellLarge('FETCH 1:* BODY.PEEK[]', read, await probe(socket))
  say(`    memory of the server without mapped files: ${MiB(before)} before, ${MiB(most)} at most meanwhile`)
}

const SETTINGS = `[imap]
max_connections_per_user = 0
[quota]
default = "0"
`

async function ownServer(): Promise<void> {
  const room = args.idle + args.sessions + 50
  const site = await TestSite.create(['bench', 'large'], SETTINGS, `max_connections = ${room}`)
  try {
    if (args.large > 0) await fillLarge(site)
    const socket = join(site.dir, 'probe.sock')
    const server = await site.start(probeEnvironment(socket))
    const at: ImapServer = { host: '127.0.0.1', port: server.ports.imaps, tls: 'implicit' }
    const login: Login = { server: at, user: 'bench@posthorn.test', password: site.password }
    if (args.idle > 0) await idleMemory(login, socket)
    await anyServer(login, server.ports.smtp)
    if (args.large > 0) await large({ ...login, user: 'large@posthorn.test' }, server, socket)
    await server.stop()
  } finally {
    await site.remove()
  }
}

async function fillLarge(site: TestSite): Promise<void> {
  const store = await openSqliteStore({ dir: join(site.dir, 'data'), clock: systemClock, random: systemRandom })
  const user = await store.findUser('large@posthorn.test')
  const [inbox] = user === null ? [] : await store.listMailboxes(user.id)
  if (inbox !== undefined) await fill(store, inbox.id, args.large, args.size)
  await store.close()
}

async function anyServer(login: Login, smtpPort: number | undefined): Promise<void> {
  const { messages, size, sessions, rounds } = args
  say(`${messages} messages of ${size} octets, ${sessions} sessions, ${rounds} times each`)
  const began = process.cpuUsage()
  const begin = performance.now()
  await imapSteps({ ...login, mailbox: 'bench-imap', messages, size, sessions, rounds }, tell)
  const { user, system } = process.cpuUsage(began)
  const share = (user + system) / 1000 / (performance.now() - begin)
  say(`  (the load generator took ${(share * 100).toFixed(0)} % of a core)`)
  if (smtpPort !== undefined) await idle(login, smtpPort)
}

if (args.port === undefined) await ownServer()
else {
  const { host, port, tls, user, password } = args
  await anyServer({ server: { host, port, tls }, user, password }, args.smtpPort)
}
