/** Mail that waits to be sent: taken on by the store as the server does it, or very much of it written into the tables. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { systemClock } from '../src/core/clock.js'
import { systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import type { Store } from '../src/store/store.js'
import { makeMessage } from './smtp-load.js'

/** Messages that are given to the store at once. */
const AT_ONCE = 200
export const SENDER = 'ann@bench.example'

export interface Fill {
  readonly messages: number
  /** Octets of one. */
  readonly size: number
  readonly destinations: number
}

async function take(store: Store, n: number, { size, destinations }: Fill): Promise<void> {
  const spool = store.newSpool()
  await spool.write(Buffer.from(makeMessage(size, n), 'latin1'))
  await store.accept({
    id: `BENCH${n}`,
    from: SENDER,
    deliveries: [{ kind: 'remote', recipient: `u${n}@d${n % destinations}.test` }],
    blob: await spool.seal(),
    receivedAt: systemClock.now(),
  })
}

/** Each message has one recipient; destinations take turns. Nobody may have the data open. */
export async function fillByStore(dataDir: string, fill: Fill): Promise<void> {
  const store = await openSqliteStore({ dir: dataDir, clock: systemClock, random: systemRandom })
  try {
    for (let from = 0; from < fill.messages; from += AT_ONCE) {
      const length = Math.min(AT_ONCE, fill.messages - from)
      await Promise.all(Array.from({ length }, (_, i) => take(store, from + i, fill)))
    }
  } finally {
    await store.close()
  }
}

const HOUR = 3_600_000
/** Messages that have content of their own; the others have that of one of these. */
const CONTENTS = 1000
export const PER_MESSAGE = 5
export const USUAL_REPLY = '451 4.7.1 Try again later'
export const RARE_REPLY = '452 4.2.2 Mailbox full'
/** Of so many recipients one had the rare reply. */
const RARE = 100_000
/** Prime, so that the recipients of a message and its neighbours go to different destinations. */
const STRIDE = 7919

const MESSAGES = `
  WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @messages),
    content (k, blob, sender) AS (SELECT row_number() OVER (ORDER BY id) - 1, blob, sender FROM queue_message)
  INSERT INTO queue_message (id, sender, blob, enqueued_at, utf8)
  SELECT printf('MANY%09d', i), sender, blob, @came, 0 FROM n JOIN content ON k = i % @contents`

const RECIPIENTS = `
  WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @recipients),
    one (i, destination) AS (SELECT i, 'd' || (i * ${STRIDE} % CAST(@destinations AS INTEGER)) || '.test' FROM n)
  INSERT INTO queue_recipient (message, recipient, destination, status, retry_count, next_retry, last_attempt, last_host,
    last_error, unwarned)
  SELECT printf('MANY%09d', i / ${PER_MESSAGE}), 'u' || i || '@' || destination, destination, 'pending', 1, @next, @came,
    'mx.' || destination || ' [192.0.2.1]', iif(i % ${RARE} = 0, '${RARE_REPLY}', '${USUAL_REPLY}'), @came
  FROM one`

const REST = `
  UPDATE queue_recipient SET next_retry = @next;
  UPDATE blob SET refs = (SELECT count(*) FROM queue_message m WHERE m.blob = blob.id);
  DELETE FROM queue_destination;
  INSERT INTO queue_destination
    SELECT destination, count(*), 0, min(next_retry) FROM queue_recipient GROUP BY destination;`

/**
 * A thousand messages by the store, the others straight into the tables, since the store would take minutes. All were
 * tried once, an hour ago, and are due in an hour.
 */
export async function fillTables(dataDir: string, recipients: number, destinations: number): Promise<void> {
  const contents = Math.min(CONTENTS, Math.ceil(recipients / 2))
  await fillByStore(dataDir, { messages: contents, size: 4096, destinations })
  const rest = recipients - contents
  const times = { came: systemClock.now() - HOUR, next: systemClock.now() + HOUR }
  const db = new Database(join(dataDir, 'posthorn.db'))
  try {
    db.pragma('journal_mode = WAL')
    db.transaction(() => {
      db.prepare(MESSAGES).run({ came: times.came, messages: Math.ceil(rest / PER_MESSAGE), contents })
      db.prepare(RECIPIENTS).run({ ...times, recipients: rest, destinations })
      db.exec(REST.replaceAll('@next', String(times.next)))
    })()
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
