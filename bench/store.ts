/** `npm run bench -- store`: appends per second, and what a mailbox of a million messages costs, in the store and over IMAP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../src/core/clock.js'
import { type MailboxId, systemRandom } from '../src/core/ids.js'
import { openSqliteStore } from '../src/store/sqlite/open.js'
import type { Store } from '../src/store/store.js'
import { ImapClient } from './imap-client.js'
import { fill, type Step, storeSteps } from './large-mailbox.js'
import { TestSite } from './server-process.js'
import { appends } from './store-append.js'

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('a whole number is needed')
  return n
}

const { messages, appended, background } = new Command('bench store')
  .description('Appends per second, and a large mailbox: STATUS, SELECT, FETCH, memory')
  .option('--messages <n>', 'messages in the large mailbox; 0: none', count, 1_000_000)
  .option('--appended <n>', 'messages to append with 10 and 100 at once; 0: none', count, 10_000)
  .option('--background', 'take messages apart while they are appended', false)
  .parse()
  .opts<{ messages: number; appended: number; background: boolean }>()

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const ms = (n: number): string => `${n.toFixed(n < 10 ? 2 : 0)} ms`
const MiB = (octets: number): string => `${(octets / 1024 ** 2).toFixed(0)} MiB`

const open = (dir: string, more = {}): Promise<Store> =>
  openSqliteStore({ dir, clock: systemClock, random: systemRandom, ...more })

async function inboxOf(store: Store, address: string): Promise<MailboxId> {
  const user = await store.findUser(address)
  const [inbox] = user === null ? [] : await store.listMailboxes(user.id)
  if (inbox === undefined) throw new Error(`${address} has no INBOX`)
  return inbox.id
}

async function measureAppends(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'posthorn-bench-'))
  const store = await open(dir, { background })
  try {
    await store.addDomain('bench.test')
    const mailboxes = [{ name: 'INBOX', specialUse: null }]
    await store.addUser({ address: 'a@bench.test', displayName: '', passwordHash: '', mailboxes })
    const inbox = await inboxOf(store, 'a@bench.test')
    await appends(store, inbox, 50, Math.ceil(appended / 10)) // until the code is compiled
    for (const atOnce of [1, 10, 100]) {
      const { perSecond, latency } = await appends(store, inbox, atOnce, Math.ceil(appended / (atOnce === 1 ? 10 : 1)))
      const times = `p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}`
      say(`${String(atOnce).padStart(4)} at once: ${Math.round(perSecond)} messages/s, ${times}`)
    }
  } finally {
    await store.close()
    rmSync(dir, { recursive: true })
  }
}

const stepLine = ({ name, ms: took, blocked, rss }: Step): string =>
  `  ${name.padEnd(28)} ${ms(took).padStart(9)}   thread blocked ${ms(blocked).padStart(8)}   RSS ${MiB(rss)}`

async function inStore(dir: string): Promise<void> {
  const store = await open(dir)
  try {
    const inbox = await inboxOf(store, 'bench@posthorn.test')
    say(`${messages} messages appended in ${(await fill(store, inbox, messages)).toFixed(0)} s`)
  } finally {
    await store.close()
  }
  const again = await open(dir)
  try {
    say('over the store interface:')
    for (const step of await storeSteps(again, await inboxOf(again, 'bench@posthorn.test'))) say(stepLine(step))
  } finally {
    await again.close()
  }
}

/** Another session that asks again and again while `work` runs. @returns the longest that it waited, in milliseconds */
async function longestNoop(beside: ImapClient, work: () => Promise<unknown>): Promise<number> {
  const state = { done: false }
  const ended = work().finally(() => {
    state.done = true
  })
  let longest = 0
  while (!state.done) {
    const begin = performance.now()
    await beside.command('NOOP')
    longest = Math.max(longest, performance.now() - begin)
  }
  await ended
  return longest
}

async function overImap(site: TestSite): Promise<void> {
  const server = await site.start()
  const session = async (): Promise<ImapClient> => {
    const client = await ImapClient.connect(server.ports.imaps)
    const { status } = await client.command(`LOGIN bench@posthorn.test "${site.password}"`)
    if (status !== 'OK') throw new Error('the login was refused')
    return client
  }
  const [one, two, beside] = [await session(), await session(), await session()]
  say(`over IMAP on loopback (RSS of the server before: ${MiB(server.memory())}):`)
  const commands = [
    [one, 'STATUS INBOX (MESSAGES UNSEEN UIDNEXT)'],
    [one, 'SELECT INBOX'],
    [one, `FETCH ${Math.max(1, messages - 99)}:* (FLAGS)`],
    [two, 'SELECT INBOX'],
  ] as const
  for (const [client, command] of commands) {
    const begin = performance.now()
    let took = 0
    const blocked = await longestNoop(beside, async () => {
      const { status, text } = await client.command(command)
      took = performance.now() - begin
      if (status !== 'OK') throw new Error(`${command}: ${status} ${text}`)
    })
    say(stepLine({ name: command.replace(/\(.{10,}\)/, '(…)'), ms: took, blocked, rss: server.memory() }))
  }
  for (const client of [one, two, beside]) client.close()
  await server.stop()
}

if (appended > 0) await measureAppends()
if (messages > 0) {
  const site = await TestSite.create(['bench'])
  try {
    await inStore(join(site.dir, 'data'))
    await overImap(site)
  } finally {
    await site.remove()
  }
}
