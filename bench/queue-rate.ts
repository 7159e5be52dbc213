/** How fast a queue that is full is emptied by a server that has nothing else to do. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SocketClient } from '../src/admin/client.js'
import { findControlPath } from '../src/admin/control.js'
import { queueStats } from '../src/admin/queue.js'
import { type Delays, probe, probeEnvironment } from './probe.js'
import { type Fill, fillByStore } from './queue-fill.js'
import { TestSite } from './server-process.js'
import { type Sink, type Sunk, startSink } from './sink.js'

export interface RateResult extends Sunk {
  readonly perSecond: number
  /** Processor time of the server for one message, in microseconds: all threads, and the one of the protocols. */
  readonly cpu: { readonly all: number; readonly main: number }
  readonly delay: Delays
  readonly ownDelay: Delays
  readonly ownMemory: number
}

/** How the server finds the sink: one smart host for all, or the MX of each destination. */
export type Way = 'route' | 'mx'

const SETTINGS: { readonly [way in Way]: (sink: Sink) => string } = {
  route: ({ smtp }) => `[queue]\n[[queue.route]]\ndomain = "*"\nhost = "127.0.0.1:${smtp}"\n`,
  mx: ({ smtp, dns }) => `[queue]\nport = ${smtp}\ndns_servers = ["127.0.0.1:${dns}"]\n`,
}

/** The sink has a message before the server knows that it has. */
async function untilEmpty(dataDir: string): Promise<void> {
  const admin = new SocketClient(await findControlPath(dataDir))
  while ((await admin.call(queueStats, {})).messages > 0) await wait(20)
}

/** Fills the queue while no server runs, starts one, and waits until the queue is empty. */
export async function drain(way: Way, fill: Fill): Promise<RateResult> {
  const sink = await startSink(fill.messages)
  const site = await TestSite.create([], SETTINGS[way](sink))
  try {
    const dataDir = join(site.dir, 'data')
    await fillByStore(dataDir, fill)
    const socket = join(site.dir, 'probe.sock')
    const server = await site.start(probeEnvironment(socket))
    await probe(socket) // what was before, the program loaded for the most part
    const before = server.processorTime()
    const sunk = await sink.done
    await untilEmpty(dataDir)
    const after = server.processorTime()
    const { delay, ownDelay } = await probe(socket)
    const each = (ms: number): number => (ms * 1000) / fill.messages
    const result: RateResult = {
      ...sunk,
      perSecond: sunk.messages / sunk.seconds,
      cpu: { all: each(after.all - before.all), main: each(after.main - before.main) },
      ...{ delay, ownDelay },
      ownMemory: server.ownMemory(),
    }
    await server.stop()
    return result
  } finally {
    sink.close()
    await site.remove()
  }
}
