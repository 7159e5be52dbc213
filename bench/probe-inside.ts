/** Loaded into a server process that is measured, by --import: answers at the Unix socket BENCH_PROBE, and does nothing else. */
import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'
import type { Probed } from './probe.js'

const path = process.env['BENCH_PROBE']
const NANOSECONDS = 1e6

function listen(at: string): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const ms = (p: number): number => delay.percentile(p) / NANOSECONDS
  const server = createServer((socket) => {
    const delays = { p50: ms(50), p99: ms(99), max: delay.max / NANOSECONDS }
    collect()
    const { rss, heapUsed: heap, external } = process.memoryUsage()
    const probed: Probed = { rss, heap, external, delay: delays }
    socket.on('error', () => {}).end(JSON.stringify(probed), () => delay.reset())
  })
  server.listen(at).unref()
}

if (isMainThread && path !== undefined) listen(path)
