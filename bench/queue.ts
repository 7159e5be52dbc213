/** `npm run bench -- queue`: messages per second to other servers, and what a queue of a million recipients costs. */
import { Command, InvalidArgumentError } from 'commander'
import type { Delays } from './probe.js'
import { longQueue, type StartResult } from './queue-large.js'
import { drain, type Way } from './queue-rate.js'
import type { Latency } from './statistics.js'

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('a whole number is needed')
  return n
}

const { messages, size, destinations, recipients } = new Command('bench queue')
  .description('Messages per second to other servers, and a long queue: start, memory, what operators ask')
  .option('--messages <n>', 'messages to one destination, and as many to many; 0: none', count, 5000)
  .option('--size <octets>', 'octets of one message', count, 4096)
  .option('--destinations <n>', 'how many these are; a long queue has ten times as many', count, 1000)
  .option('--recipients <n>', 'recipients of the long queue; 0: none', count, 1_000_000)
  .parse()
  .opts<{ messages: number; size: number; destinations: number; recipients: number }>()

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const ms = (n: number): string => `${n.toFixed(n < 10 ? 2 : 0)} ms`
const MiB = (octets: number): string => `${(octets / 1024 ** 2).toFixed(0)} MiB`
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
const times = ({ p50, p99, max }: Latency | Delays): string => `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`

function sayDelays({ delay, ownDelay }: { readonly delay: Delays; readonly ownDelay: Delays }): void {
  say(`    event loop late by ${times(delay)}`)
  say(`    without what other processes took ${times(ownDelay)}`)
}

async function sayRate(what: string, way: Way, to: number): Promise<void> {
  const { perSecond, seconds, cpu, connections, ownCpu, ownMemory, ...delays } = await drain(way, {
    ...{ messages, size },
    destinations: to,
  })
  say(`  ${what}: ${Math.round(perSecond)} messages/s (${seconds.toFixed(1)} s), ${connections} connections`)
  say(
    `    processor time of the server for each: ${Math.round(cpu.all)} µs, ${Math.round(cpu.main)} of it on the main thread`,
  )
  sayDelays(delays)
  say(`    memory without mapped files ${MiB(ownMemory)}; the sink took ${percent(ownCpu)} of a core`)
}

function sayStart(what: string, { ms: took, rss, own, probed }: StartResult): void {
  const { heap, external } = probed
  const memory = `RSS ${MiB(rss)}, ${MiB(own)} without mapped files, heap ${MiB(heap)}, buffers ${MiB(external)}`
  say(`  start with ${what}: ${ms(took)}; ${memory}`)
}

if (messages > 0) {
  say(`a queue of ${messages} messages of ${size} octets is emptied`)
  await sayRate('one destination, by a route', 'route', 1)
  await sayRate(`${destinations} destinations, by MX`, 'mx', destinations)
}
if (recipients > 0) {
  const many = destinations * 10
  const { empty, full, own, fillSeconds, questions } = await longQueue(recipients, many)
  say(`${recipients} recipients to ${many} destinations, none due (filled in ${fillSeconds.toFixed(0)} s)`)
  sayStart('an empty queue', empty)
  sayStart('this one', full)
  for (const { name, latency, entries, ...delays } of questions) {
    say(`  ${name}: ${times(latency)} (${entries})`)
    sayDelays(delays)
  }
  say(`  memory without mapped files behind all: ${MiB(own)}`)
}
