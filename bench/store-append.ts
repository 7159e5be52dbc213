/** Messages of 4 KiB that the store alone accepts, by how many are under way at once. */
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../src/core/clock.js'
import type { MailboxId } from '../src/core/ids.js'
import type { Store } from '../src/store/store.js'
import { type Latency, latency } from './statistics.js'

const OCTETS = 4096
const body = randomBytes(OCTETS).toString('base64').replace(/.{76}/g, '$&\r\n')

/** Every message has content of its own, as most mail has. */
function content(id: string): Buffer {
  const header = `From: <a@bench.test>\r\nTo: <b@bench.test>\r\nSubject: ${id}\r\nMessage-ID: <${id}@bench.test>\r\n\r\n`
  return Buffer.from((header + body).slice(0, OCTETS), 'latin1')
}

/** A turn of the loop for each message, as each comes from a socket of its own. */
async function acceptOne(store: Store, mailbox: MailboxId, id: string): Promise<void> {
  await nextTurn()
  const spool = store.newSpool()
  await spool.write(content(id))
  const deliveries = [{ kind: 'local', mailbox, recipient: 'a@bench.test' }] as const
  await store.accept({ id, from: 'b@bench.test', deliveries, blob: await spool.seal(), receivedAt: systemClock.now() })
}

export interface AppendResult {
  readonly atOnce: number
  readonly perSecond: number
  /** Milliseconds from the first octet until it is on disk. */
  readonly latency: Latency
}

export async function appends(
  store: Store,
  mailbox: MailboxId,
  atOnce: number,
  messages: number,
): Promise<AppendResult> {
  const durations: number[] = []
  let left = messages
  const begin = performance.now()
  const sender = async (): Promise<void> => {
    while (left > 0) {
      const id = `${atOnce}-${messages}-${left--}`
      const sent = performance.now()
      await acceptOne(store, mailbox, id)
      durations.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, sender))
  return { atOnce, perSecond: (messages * 1000) / (performance.now() - begin), latency: latency(durations) }
}
