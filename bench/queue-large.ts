/** What a queue that is very long costs: start, memory, and what operators ask of it, while nothing is sent. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SocketClient } from '../src/admin/client.js'
import { findControlPath } from '../src/admin/control.js'
import { listQueue, queueStats } from '../src/admin/queue.js'
import { type Delays, type Probed, probe, probeEnvironment } from './probe.js'
import { fillTables, RARE_REPLY } from './queue-fill.js'
import { type RunningProcess, TestSite } from './server-process.js'
import { type Latency, latency } from './statistics.js'

export interface StartResult {
  /** Until both protocols listen, with the start of the process. */
  readonly ms: number
  /** Octets, resident and without mapped files. */
  readonly rss: number
  readonly own: number
  readonly probed: Probed
}

export interface AskedResult {
  readonly name: string
  readonly latency: Latency
  readonly entries: number
  readonly delay: Delays
  readonly ownDelay: Delays
}

interface Question {
  readonly name: string
  readonly rounds: number
  /** @returns how many entries came */
  readonly ask: (admin: SocketClient) => Promise<number>
}

const listed = async (admin: SocketClient, filter: object): Promise<number> =>
  (await admin.call(listQueue, filter)).entries.length

/** The last two look at all of the queue. */
const QUESTIONS: readonly Question[] = [
  { name: 'nothing, for 3 s', rounds: 1, ask: () => wait(3000, 0) },
  { name: 'queue stats', rounds: 20, ask: async (admin) => (await admin.call(queueStats, {})).pending },
  { name: 'queue list, first page', rounds: 20, ask: (admin) => listed(admin, {}) },
  { name: 'queue list --domain', rounds: 20, ask: (admin) => listed(admin, { domain: 'd5.test' }) },
  { name: 'queue list --error (few)', rounds: 2, ask: (admin) => listed(admin, { error: RARE_REPLY }) },
  { name: 'queue list --error (none)', rounds: 2, ask: (admin) => listed(admin, { error: 'no such words' }) },
]

const probeSocket = (site: TestSite): string => join(site.dir, 'probe.sock')

async function start(site: TestSite): Promise<{ readonly server: RunningProcess; readonly result: StartResult }> {
  const socket = probeSocket(site)
  await rm(socket, { force: true }) // the server before leaves it
  const begin = performance.now()
  const server = await site.start(probeEnvironment(socket))
  const ms = performance.now() - begin
  const probed = await probe(socket)
  return { server, result: { ms, rss: server.memory(), own: server.ownMemory(), probed } }
}

async function asked(site: TestSite, { name, rounds, ask }: Question): Promise<AskedResult> {
  const admin = new SocketClient(await findControlPath(join(site.dir, 'data')))
  const socket = probeSocket(site)
  await probe(socket)
  const durations: number[] = []
  let entries = 0
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    entries = await ask(admin)
    durations.push(performance.now() - begin)
  }
  const { delay, ownDelay } = await probe(socket)
  return { name, latency: latency(durations), entries, delay, ownDelay }
}

export interface LongQueue {
  readonly empty: StartResult
  readonly full: StartResult
  /** Behind all questions. */
  readonly own: number
  readonly fillSeconds: number
  readonly questions: readonly AskedResult[]
}

/** Started with an empty queue first, to compare with. */
export async function longQueue(recipients: number, destinations: number): Promise<LongQueue> {
  const site = await TestSite.create([], '[queue]\ndeliver = "all"\ndns_servers = ["127.0.0.1:9"]\n')
  try {
    const first = await start(site)
    await first.server.stop()
    const begin = performance.now()
    await fillTables(join(site.dir, 'data'), recipients, destinations)
    const fillSeconds = (performance.now() - begin) / 1000
    const { server, result } = await start(site)
    const questions: AskedResult[] = []
    for (const question of QUESTIONS) questions.push(await asked(site, question))
    const own = server.ownMemory()
    await server.stop()
    return { empty: first.result, full: result, own, fillSeconds, questions }
  } finally {
    await site.remove()
  }
}
