/** `npm run bench`: messages accepted and stored per second over loopback, with latency percentiles. */
import { Command, InvalidArgumentError } from 'commander'
import { type HangResult, hang } from './hang.js'
import { TestSite } from './server-process.js'
import { type SmtpLoadOptions, type SmtpLoadResult, smtpLoad } from './smtp-load.js'

interface Arguments {
  readonly connections: number
  readonly messages: number
  readonly size: number
  readonly pipelining: boolean
  readonly hanging: number
  readonly host: string
  readonly port?: number
  readonly recipient: string
  readonly json: boolean
}

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('a whole number from 1 on is needed')
  return n
}

const args = new Command('bench')
  .description('Messages accepted and stored per second over SMTP')
  .option('--connections <n>', 'connections at once', count, 50)
  .option('--messages <n>', 'messages in all', count, 20_000)
  .option('--size <octets>', 'octets of one message', count, 4096)
  .option('--pipelining', 'MAIL, RCPT and DATA in one write', false)
  .option(
    '--hanging <n>',
    'as many more connections that stop in the middle of a command; our own server only',
    count,
    0,
  )
  .option('--host <host>', 'another server than our own', '127.0.0.1')
  .option('--port <port>', 'its port; without it our own server is started in a folder of its own', count)
  .option('--recipient <address>', 'a mailbox of that server', 'bench@posthorn.test')
  .option('--json', 'one JSON object', false)
  .parse()
  .opts<Arguments>()

/** A tenth of the work first: connections, caches and compiled code are then as they are in a running server. */
async function measure(port: number): Promise<SmtpLoadResult> {
  const options: SmtpLoadOptions = { ...args, port }
  await smtpLoad({ ...options, messages: Math.ceil(args.messages / 10) })
  return smtpLoad(options)
}

/** Long enough for what hangs to be there all the while, short enough to be waited for. */
const SETTINGS = `[log]
level = "info"
[smtp]
command_timeout = "15s"
data_timeout = "15s"
`

interface Result extends SmtpLoadResult {
  readonly hung?: HangResult & {
    /** Of the messages that were acknowledged. */
    readonly lost: number
  }
}

async function measureOwn(): Promise<Result> {
  const room = `max_connections = ${args.connections + args.hanging}`
  const site = await TestSite.create(['bench'], SETTINGS, room)
  try {
    const server = await site.start()
    const { smtp } = server.ports
    const result = args.hanging === 0 ? await measure(smtp) : await measureBeside(smtp, site)
    await server.stop()
    return result
  } finally {
    await site.remove()
  }
}

/** No warming up: what is counted is what arrived, while all that hang do so. */
async function measureBeside(port: number, site: TestSite): Promise<Result> {
  const { ended } = await hang({ ...args, port, clients: args.hanging })
  const result = await smtpLoad({ ...args, port })
  const hung = await ended
  const shown = JSON.parse(await site.cli(['user', 'show', args.recipient, '--json'])) as { messages: number }
  return { ...result, hung: { ...hung, lost: result.messages - shown.messages } }
}

function table(r: Result): string {
  const ms = (n: number): string => `${n.toFixed(2)} ms`
  const { p50, p90, p99, max } = r.latency
  return [
    `${args.connections} connections, ${args.size} octets, ${args.pipelining ? 'with' : 'without'} pipelining`,
    `  ${r.messages} messages accepted, ${r.refused} refused, in ${r.seconds.toFixed(2)} s: ${Math.round(r.perSecond)} a second`,
    `  latency p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`,
    ...(r.hung === undefined ? [] : [hungLine(r.hung)]),
    `  the load generator took ${(r.ownCpu * 100).toFixed(0)} % of a core`,
  ].join('\n')
}

const hungLine = ({ timedOut, otherwise, firstSeconds, lastSeconds, lost }: NonNullable<Result['hung']>): string =>
  [
    `  ${args.hanging} connections hung beside them: ${timedOut} ended by timeout, ${otherwise} otherwise,`,
    `after ${firstSeconds.toFixed(1)} to ${lastSeconds.toFixed(1)} s; ${lost} messages lost`,
  ].join(' ')

const result: Result = await (args.port === undefined ? measureOwn() : measure(args.port))
console.log(args.json ? JSON.stringify({ ...args, ...result }) : table(result))
