/** Loaded into a server process that is measured, by --import: answers at the Unix socket BENCH_PROBE, and does nothing else. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createHistogram, performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'
import type { Delays, Probed } from './probe.js'

const path = process.env['BENCH_PROBE']
/** Milliseconds between two looks at the clock. */
const LOOK = 2
const MICROSECONDS = 1000

/** Milliseconds that the main thread wanted to run and could not: others had the processors (Linux). */
const waited = (): number => Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1e6

/** How late a timer comes, and how late it would have been if the machine had had nothing else to do. */
class Lateness {
  readonly #all = createHistogram()
  readonly #own = createHistogram()
  #at = performance.now()
  #waited = waited()

  constructor() {
    setInterval(() => this.#look(), LOOK).unref()
  }

  #look(): void {
    const [now, waits] = [performance.now(), waited()]
    const late = now - this.#at - LOOK
    this.#record(this.#all, late)
    this.#record(this.#own, late - (waits - this.#waited))
    this.#at = now
    this.#waited = waits
  }

  /** A histogram holds whole numbers from 1 on. */
  #record(histogram: ReturnType<typeof createHistogram>, ms: number): void {
    histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)))
  }

  /** Since they were last taken. */
  take(): { readonly delay: Delays; readonly ownDelay: Delays } {
    const [delay, ownDelay] = [this.#all, this.#own].map((histogram) => {
      const ms = (p: number): number => histogram.percentile(p) / MICROSECONDS
      const delays = { p50: ms(50), p99: ms(99), max: histogram.max / MICROSECONDS }
      histogram.reset()
      return delays
    }) as [Delays, Delays]
    return { delay, ownDelay }
  }
}

function listen(at: string): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const lateness = new Lateness()
  const server = createServer((socket) => {
    const delays = lateness.take()
    collect()
    const { rss, heapUsed: heap, external } = process.memoryUsage()
    const probed: Probed = { rss, heap, external, ...delays }
    socket.on('error', () => {}).end(JSON.stringify(probed), () => lateness.take())
  })
  server.listen(at).unref()
}

if (isMainThread && path !== undefined) listen(path)
