/** Joins the Extractor to the reader threads, the writer and the log. */
import type { Clock } from '../../core/clock.js'
import type { StoreLimits } from '../../core/limits.js'
import type { Log } from '../../core/log.js'
import { messageNotTakenApart, takingApartStopped } from '../events.js'
import { Extractor } from '../extractor.js'
import type { Extraction, Submit } from '../ops.js'
import type { ReaderPool } from './reader-pool.js'

/** Milliseconds after the first of some messages. */
const DELAY = 200
/** A tenth of the time of one thread, while mail flows. */
const REST_FACTOR = 9
/** Half a minute of pouring mail is hardly slowed down by it; then it gets its tenth. Nobody waits more than 2 s for nothing. */
const BURST = { longest: 30_000, restFactor: 49, longestRest: 2_000 }

/** Keeps what was found inside of messages, and tells the log of those that cannot be taken apart. */
export type Recorder = (extractions: readonly Extraction[]) => Promise<void>

export const recorder =
  (submit: Submit, log: Log | undefined): Recorder =>
  async (extractions) => {
    await submit({ kind: 'record-extractions', extractions })
    for (const { blob, failed } of extractions)
      if (failed !== null && log !== undefined) messageNotTakenApart(log, { blob, error: failed })
  }

interface Parts {
  readonly readers: ReaderPool
  readonly record: Recorder
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly log: Log | undefined
  /** Whether the text of messages goes into the index. */
  readonly indexes: boolean
}

export const newExtractor = ({ readers, record, clock, limits, log, indexes }: Parts): Extractor =>
  new Extractor({
    findPending: (after) => readers.run({ kind: 'find-pending', after, indexes }, { urgency: 'background' }),
    extract: (blobs) => readers.run({ kind: 'extract', blobs, indexes }, { urgency: 'background' }),
    record,
    clock,
    delay: DELAY,
    restFactor: REST_FACTOR,
    burst: BURST,
    longestRound: limits.longestRead,
    onFault: (error) => {
      if (log !== undefined) takingApartStopped(log, { error: String(error) })
    },
  })
