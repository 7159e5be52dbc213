/** `node dist/bench/store-append.js [--background]`: messages of 4 KiB that the store alone accepts per second, by how many are under way at once; with --background they are taken apart meanwhile. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../src/core/clock.js'
import { type MailboxId, systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import type { Store } from '../src/store/store.js'

const OCTETS = 4096
const MESSAGES = 10_000

async function newInbox(store: Store): Promise<MailboxId> {
  await store.addDomain('bench.test')
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  const user = await store.addUser({ address: 'a@bench.test', displayName: '', passwordHash: '', mailboxes })
  const [inbox] = await store.listMailboxes(user.id)
  if (inbox === undefined) throw new Error('there is no INBOX')
  return inbox.id
}

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

/** @returns messages per second */
async function measure(store: Store, mailbox: MailboxId, inFlight: number, messages: number): Promise<number> {
  let left = messages
  const begin = systemClock.now()
  const sender = async (): Promise<void> => {
    while (left > 0) await acceptOne(store, mailbox, `${inFlight}-${left--}`)
  }
  await Promise.all(Array.from({ length: inFlight }, sender))
  return (messages * 1000) / (systemClock.now() - begin)
}

const dir = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
const store = await openSqliteStore({
  dir,
  clock: systemClock,
  random: systemRandom,
  background: process.argv.includes('--background'),
})
try {
  const inbox = await newInbox(store)
  await measure(store, inbox, 50, MESSAGES / 10) // until the code is compiled
  for (const inFlight of [1, 10, 50, 100, 200]) {
    const rate = await measure(store, inbox, inFlight, inFlight === 1 ? MESSAGES / 10 : MESSAGES)
    process.stdout.write(`${String(inFlight).padStart(4)} in flight: ${Math.round(rate)} messages/s\n`)
  }
} finally {
  await store.close()
  rmSync(dir, { recursive: true })
}
