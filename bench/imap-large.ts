/** One session reads a whole large mailbox; how long do the others wait meanwhile, and how much memory does the server take? */
import { performance } from 'node:perf_hooks'
import type { ImapCounter } from './imap-counter.js'
import { type Login, loggedIn } from './imap-steps.js'
import { type Latency, latency } from './statistics.js'

/** What the others wait for: nothing but the event loop, a message, a commit. */
const OTHERS = ['NOOP', 'FETCH 1 (FLAGS ENVELOPE BODY.PEEK[])', 'STORE 2 +FLAGS.SILENT (\\Flagged)'] as const

export interface Beside {
  readonly command: (typeof OTHERS)[number]
  /** In milliseconds. */
  readonly latency: Latency
}

export interface LargeResult {
  readonly seconds: number
  readonly responses: number
  readonly octets: number
  readonly beside: readonly Beside[]
}

/** The same command again and again until `work` is done. */
async function keepAsking(client: ImapCounter, command: Beside['command'], isDone: () => boolean): Promise<Beside> {
  const durations: number[] = []
  while (!isDone()) {
    const begin = performance.now()
    await client.command(command)
    durations.push(performance.now() - begin)
  }
  return { command, latency: latency(durations) }
}

/** `work` of one session that has INBOX selected, while one other each does what the others do. */
export async function besideOthers(
  login: Login,
  work: (client: ImapCounter) => Promise<unknown>,
): Promise<LargeResult> {
  const clients = await Promise.all([...OTHERS, null].map(() => loggedIn(login)))
  for (const client of clients) await client.command('SELECT INBOX')
  const [reader, ...others] = clients
  let isDone = false
  const asking = OTHERS.map((command, i) => keepAsking(others[i] as ImapCounter, command, () => isDone))
  const begin = performance.now()
  const counted = await work(reader as ImapCounter)
  const seconds = (performance.now() - begin) / 1000
  isDone = true
  const beside = await Promise.all(asking)
  for (const client of clients) client.close()
  return { seconds, beside, responses: 0, octets: 0, ...(counted as object) }
}
