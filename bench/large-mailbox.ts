/** One mailbox with very many messages: filled through the store, then opened as sessions do. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { sleep, systemClock } from '../src/core/clock.js'
import type { MailboxId, Uid } from '../src/core/ids.js'
import { FLAG } from '../src/store/changes.js'
import type { NewMessage, OpenMailbox, Store } from '../src/store/store.js'

/** So many go in one transaction. */
const BATCH = 500
/** Every so-many-th message is unseen, but none of the first half. */
const UNSEEN_EVERY = 10

/** Of at least `size` octets. */
function content(n: number, size: number): Buffer {
  const header = `From: <a@bench.test>\r\nTo: <b@bench.test>\r\nSubject: ${n}\r\nMessage-ID: <${n}@bench.test>\r\n\r\n`
  const line = `Message ${n}: the quick brown fox jumps over the lazy dog.\r\n`
  return Buffer.from(header + line.repeat(Math.max(1, Math.ceil((size - header.length) / line.length))), 'latin1')
}

async function newMessage(store: Store, n: number, all: number, size: number): Promise<NewMessage> {
  const spool = store.newSpool()
  await spool.write(content(n, size))
  const unseen = n > all / 2 && n % UNSEEN_EVERY === 0
  const flags = { system: unseen ? 0 : FLAG.seen, keywords: [] }
  return { blob: await spool.seal(), flags, internalDate: systemClock.now(), internalZone: 0 }
}

/** Appends `messages` of about `octets` each in batches. @returns seconds */
export async function fill(store: Store, mailbox: MailboxId, messages: number, octets = 0): Promise<number> {
  const begin = performance.now()
  let waiting: Promise<unknown> = Promise.resolve()
  for (let from = 0; from < messages; from += BATCH) {
    const size = Math.min(BATCH, messages - from)
    const batch = await Promise.all(
      Array.from({ length: size }, (_, i) => newMessage(store, from + i, messages, octets)),
    )
    await waiting
    // The next batch is made while the writer has this one.
    waiting = store.append(mailbox, batch)
    waiting.catch(() => {}) // it is heard of at the next turn
  }
  await waiting
  return (performance.now() - begin) / 1000
}

export interface Step {
  readonly name: string
  readonly ms: number
  /** The longest that the thread did nothing else, in milliseconds. */
  readonly blocked: number
  /** Resident set behind it, in octets. */
  readonly rss: number
}

async function step(name: string, work: () => Promise<unknown>): Promise<Step> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await sleep(systemClock, 20) // the monitor needs a turn to begin
  delay.reset()
  const begin = performance.now()
  await work()
  const ms = performance.now() - begin
  await sleep(systemClock, 20)
  delay.disable()
  return { name, ms, blocked: delay.max / 1e6, rss: process.memoryUsage.rss() }
}

/** What a session asks of the store: STATUS, SELECT, flags, and SELECT by a second session. */
export async function storeSteps(store: Store, mailbox: MailboxId): Promise<readonly Step[]> {
  const opened: OpenMailbox[] = []
  const open = async (): Promise<void> => void opened.push(await store.openMailbox(mailbox, { recent: true }))
  const flags = async (): Promise<void> => {
    const [first] = opened
    const next = first?.state.uidNext ?? 1
    for (let uid = Math.max(1, next - 100); uid < next; uid++) first?.state.entry(uid as Uid)
  }
  const steps = [
    await step('nothing', async () => {}),
    await step('STATUS', () => store.mailboxStatus(mailbox)),
    await step('open', open),
    await step('flags of the last 100', flags),
    await step('open by a second session', open),
  ]
  for (const one of opened) one.close()
  return steps
}
