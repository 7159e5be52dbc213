/** Asks a server process of ours for what only it knows: memory behind a collection, and how long its event loop waits. */
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

/** In milliseconds. */
export interface Delays {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export interface Probed {
  /** Resident set, and what of it the collector has left in the heap and in buffers; octets. */
  readonly rss: number
  readonly heap: number
  readonly external: number
  /** How late the event loop came to a timer since it was last asked. */
  readonly delay: Delays
  /** The same without the time in which others had the processors. */
  readonly ownDelay: Delays
}

/** Environment for a server that shall answer at the Unix socket `path`. */
export const probeEnvironment = (path: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('./probe-inside.js', import.meta.url))}`,
  BENCH_PROBE: path,
})

/** What it says now; the delays begin anew. */
export function probe(path: string): Promise<Probed> {
  return new Promise((resolve, reject) => {
    let said = ''
    connect(path)
      .on('data', (octets) => {
        said += octets.toString()
      })
      .once('error', reject)
      .once('end', () => resolve(JSON.parse(said) as Probed))
  })
}
