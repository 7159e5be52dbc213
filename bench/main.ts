/** `npm run bench`: messages accepted and stored per second over loopback, with latency percentiles. */
import { Command, InvalidArgumentError } from 'commander'
import { TestSite } from './server-process.js'
import { type SmtpLoadOptions, type SmtpLoadResult, smtpLoad } from './smtp-load.js'

interface Arguments {
  readonly connections: number
  readonly messages: number
  readonly size: number
  readonly pipelining: boolean
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

async function measureOwn(): Promise<SmtpLoadResult> {
  const site = await TestSite.create(['bench'], '[log]\nlevel = "info"\n')
  try {
    const server = await site.start()
    const result = await measure(server.ports.smtp)
    await server.stop()
    return result
  } finally {
    await site.remove()
  }
}

function table(r: SmtpLoadResult): string {
  const ms = (n: number): string => `${n.toFixed(2)} ms`
  const { p50, p90, p99, max } = r.latency
  return [
    `${args.connections} connections, ${args.size} octets, ${args.pipelining ? 'with' : 'without'} pipelining`,
    `  ${r.messages} messages accepted, ${r.refused} refused, in ${r.seconds.toFixed(2)} s: ${Math.round(r.perSecond)} a second`,
    `  latency p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`,
    `  the load generator took ${(r.ownCpu * 100).toFixed(0)} % of a core`,
  ].join('\n')
}

const result = await (args.port === undefined ? measureOwn() : measure(args.port))
console.log(args.json ? JSON.stringify({ ...args, ...result }) : table(result))
