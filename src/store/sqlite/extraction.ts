/** Joins the Extractor to the reader threads and the writer. */
import type { Clock } from '../../core/clock.js'
import { Extractor } from '../extractor.js'
import type { Submit } from '../ops.js'
import type { ReaderPool } from './reader-pool.js'

/** Milliseconds after the first of some messages. */
const DELAY = 200
/** A tenth of the time of one thread, while mail flows. */
const REST_FACTOR = 9

/** `indexes`: whether the text of messages goes into the index. */
export const newExtractor = (readers: ReaderPool, submit: Submit, clock: Clock, indexes: boolean): Extractor =>
  new Extractor({
    findPending: (after) => readers.run({ kind: 'find-pending', after, indexes }, { background: true }),
    extract: (blobs) => readers.run({ kind: 'extract', blobs, indexes }, { background: true }),
    record: (extractions) => submit({ kind: 'record-extractions', extractions }),
    clock,
    delay: DELAY,
    restFactor: REST_FACTOR,
  })
