/** `node dist/bench/store-backup.js`: what a backup takes while messages come in, and what it takes from them. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../src/core/clock.js'
import { type MailboxId, systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import type { Store } from '../src/store/store.js'

const SMALL = 4096
const LARGE = 2 * 1024 * 1024
const BEFORE = { small: 40_000, large: 100 }
const SENDERS = 20
/** Milliseconds of each measurement without a backup. */
const SPAN = 10_000

let made = 0

async function append(store: Store, mailbox: MailboxId, size: number): Promise<void> {
  await nextTurn()
  const spool = store.newSpool()
  await spool.write(Buffer.from(`From: <a@bench.test>\r\nSubject: ${made++}\r\n\r\n`))
  await spool.write(Buffer.from(randomBytes((size * 3) / 4).toString('base64')))
  const blob = await spool.seal()
  await store.append(mailbox, [{ blob, flags: { system: 0, keywords: [] }, internalDate: 0, internalZone: 0 }])
}

/** Appends until `done`. @returns messages a second, and the longest that one took in milliseconds */
async function load(store: Store, mailbox: MailboxId, done: Promise<unknown>): Promise<string> {
  let running = true
  let messages = 0
  const took: number[] = []
  const begin = systemClock.now()
  const sender = async (): Promise<void> => {
    while (running) {
      const from = systemClock.now()
      await append(store, mailbox, SMALL)
      took.push(systemClock.now() - from)
      messages++
    }
  }
  const senders = Array.from({ length: SENDERS }, sender)
  await done
  running = false
  await Promise.all(senders)
  const seconds = (systemClock.now() - begin) / 1000
  took.sort((a, b) => a - b)
  const [p99, worst] = [took[Math.floor(took.length * 0.99)], took.at(-1)]
  return `${Math.round(messages / seconds)} messages/s in ${seconds.toFixed(1)} s, p99 ${p99} ms, longest ${worst} ms`
}

const span = (): Promise<void> =>
  new Promise((resolve) => {
    systemClock.after(SPAN, resolve)
  })

const dir = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
const store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
const say = (text: string): void => void process.stdout.write(`${text}\n`)
try {
  await store.addDomain('bench.test')
  const mailboxes = [{ name: 'INBOX', specialUse: null }]
  const user = await store.addUser({ address: 'a@bench.test', displayName: '', passwordHash: '', mailboxes })
  const [inbox] = await store.listMailboxes(user.id)
  if (inbox === undefined) throw new Error('there is no INBOX')
  for (let i = 0; i < BEFORE.large; i++) await append(store, inbox.id, LARGE)
  for (let i = 0; i < BEFORE.small; i += SENDERS)
    await Promise.all(Array.from({ length: SENDERS }, () => append(store, inbox.id, SMALL)))
  say(`without a backup: ${await load(store, inbox.id, span())}`)
  for (const which of ['first', 'second']) {
    const backup = store.backup({ folder, release: 'bench' })
    say(`during the ${which}: ${await load(store, inbox.id, backup)}`)
    const { messages, databaseOctets, copied, kept } = await backup
    say(`  ${messages} messages, database of ${databaseOctets >> 20} MiB, ${copied} files copied, ${kept} kept`)
  }
  say(`without a backup: ${await load(store, inbox.id, span())}`)
} finally {
  await store.close()
  rmSync(dir, { recursive: true })
  rmSync(folder, { recursive: true })
}
