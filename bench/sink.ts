/** Servers for mail that leaves the one that is measured, in a process of their own: they take everything and keep nothing. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What was taken, from the first connection to the last message. */
export interface Sunk {
  readonly messages: number
  readonly connections: number
  readonly seconds: number
  /** Processor time of the sink in that time, as a share of one core. */
  readonly ownCpu: number
}

/** What the process says: first where it listens, then what came, once that is all. */
export type Said =
  | { readonly kind: 'ready'; readonly smtp: number; readonly dns: number }
  | { readonly kind: 'done'; readonly sunk: Sunk }

export interface Sink {
  /** Port on 127.0.0.1. */
  readonly smtp: number
  /** Port of a name server to which the sink is the MX of every domain. */
  readonly dns: number
  /** Resolves with the last of the messages that were announced. */
  readonly done: Promise<Sunk>
  close(): void
}

/** For `messages` of them. */
export async function startSink(messages: number): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink-process.js', import.meta.url)), [String(messages)])
  const done = new Promise<Sunk>((resolve, reject) => {
    child.on('message', (said: Said) => {
      if (said.kind === 'done') resolve(said.sunk)
    })
    child.once('exit', () => reject(new Error('the sink ended')))
  })
  done.catch(() => {}) // who waits for it hears of it
  const [ready] = (await once(child, 'message')) as [Said]
  if (ready.kind !== 'ready') throw new Error('the sink began with its end')
  return { smtp: ready.smtp, dns: ready.dns, done, close: () => child.kill() }
}
