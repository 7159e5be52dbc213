/** The sessions that run, and how a shutdown waits for them: what they do completes, up to a limit. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../core/clock.js'
import { serverLimits } from '../core/limits.js'
import type { Family } from './services.js'

interface Session {
  readonly family: Family
  readonly stream: Duplex
  readonly done: Promise<void>
}

export interface Drained {
  /** Sessions that came to their own end. */
  readonly completed: number
  /** Those that were cut off. */
  readonly destroyed: number
}

export class ActiveSessions {
  readonly #clock: Clock
  readonly #sessions = new Set<Session>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `done` settles when the session is over, and must not reject. */
  track(family: Family, stream: Duplex, done: Promise<void>): void {
    const session = { family, stream, done }
    this.#sessions.add(session)
    void done.then(() => this.#sessions.delete(session))
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Waits up to `ms` for the sessions of a family, then closes their connections. No new ones may come meanwhile. */
  async drain(family: Family, ms: number): Promise<Drained> {
    const open = [...this.#sessions].filter((session) => session.family === family)
    await this.#settled(open, ms)
    const late = open.filter((session) => this.#sessions.has(session))
    for (const { stream } of late) stream.destroy()
    await this.#settled(late, serverLimits.destroyedGrace)
    return { completed: open.length - late.length, destroyed: late.length }
  }

  async #settled(sessions: readonly Session[], ms: number): Promise<void> {
    if (sessions.length === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve)
      void Promise.all(sessions.map(({ done }) => done)).then(() => {
        cancel()
        resolve()
      })
    })
  }
}
