/** The sessions that run: who they are, how one is ended, and how a shutdown waits for them. */
import type { Duplex } from 'node:stream'
import type { Ending, Kind, Presence, SessionDesk, SessionInfo } from '../accounts/presence.js'
import type { Clock } from '../core/clock.js'
import type { AppPasswordId } from '../core/ids.js'
import { serverLimits } from '../core/limits.js'
import { type Family, type MailService, mailServices } from './services.js'

export interface Arrival {
  readonly id: string
  readonly service: MailService
  readonly clientIp: string
  readonly stream: Duplex
}

export interface Drained {
  /** Sessions that came to their own end. */
  readonly completed: number
  /** Those that were cut off. */
  readonly destroyed: number
}

/** One session. Aborting `signal` asks it to finish what it does and leave; its reason is an `Ending`. */
export class ActiveSession implements Presence {
  readonly arrival: Arrival
  readonly since: number
  readonly #sessions: Pick<ActiveSessions, 'countUser'>
  readonly #controller = new AbortController()
  #user: string | null = null
  #appPassword: AppPasswordId | undefined

  constructor(arrival: Arrival, since: number, sessions: Pick<ActiveSessions, 'countUser'>) {
    this.arrival = arrival
    this.since = since
    this.#sessions = sessions
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get user(): string | null {
    return this.#user
  }

  enter(address: string, appPassword?: AppPasswordId): void {
    this.#user = address
    this.#appPassword = appPassword
  }

  count(address: string): number {
    return this.#sessions.countUser(address, { protocol: this.#family })
  }

  get #family(): Family {
    return mailServices[this.arrival.service].family
  }

  is(kind: Kind): boolean {
    if ('appPassword' in kind) return this.#appPassword === kind.appPassword
    return this.#family === kind.protocol
  }

  end(why: Ending): void {
    this.#controller.abort(why)
  }
}

export class ActiveSessions implements SessionDesk {
  readonly #clock: Clock
  readonly #sessions = new Map<ActiveSession, Promise<void>>()
  #stopping = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `serve`, which must not reject, as a session that is known until it settles. */
  async run(arrival: Arrival, serve: (session: ActiveSession) => Promise<void>): Promise<void> {
    const session = new ActiveSession(arrival, this.#clock.now(), this)
    if (this.#stopping) session.end('shutdown')
    const done = serve(session)
    this.#sessions.set(session, done)
    await done
    this.#sessions.delete(session)
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Sessions of a user that are of one kind; a look at all there are, of which each listener has a bounded number. */
  countUser(address: string, kind: Kind): number {
    let n = 0
    for (const one of this.#sessions.keys()) if (one.user === address && one.is(kind)) n++
    return n
  }

  list(): readonly SessionInfo[] {
    return [...this.#sessions.keys()].map(({ arrival: { id, service, clientIp }, since, user }) => ({
      id,
      service,
      clientIp,
      since,
      user,
    }))
  }

  end(id: string, why: Ending): boolean {
    return this.#endThose(({ arrival }) => arrival.id === id, why) > 0
  }

  endUser(address: string, why: Ending, kind?: Kind): number {
    return this.#endThose((one) => one.user === address && (kind === undefined || one.is(kind)), why)
  }

  /** Those that run are asked to leave, and those that come after it. */
  stop(): void {
    this.#stopping = true
    for (const session of this.#sessions.keys()) session.end('shutdown')
  }

  /** Waits up to `ms` for the sessions of a family, then closes their connections. No new ones may come meanwhile. */
  async drain(family: Family, ms: number): Promise<Drained> {
    const open = [...this.#sessions.keys()].filter(({ arrival }) => mailServices[arrival.service].family === family)
    const late = await this.#finish(open, ms)
    return { completed: open.length - late, destroyed: late }
  }

  #endThose(chosen: (session: ActiveSession) => boolean, why: Ending): number {
    const those = [...this.#sessions.keys()].filter(chosen)
    for (const session of those) session.end(why)
    void this.#finish(those, serverLimits.endingGrace)
    return those.length
  }

  /** @returns how many had to be cut off */
  async #finish(sessions: readonly ActiveSession[], ms: number): Promise<number> {
    await this.#settled(sessions, ms)
    const late = sessions.filter((session) => this.#sessions.has(session))
    for (const { arrival } of late) arrival.stream.destroy()
    await this.#settled(late, serverLimits.destroyedGrace)
    return late.length
  }

  async #settled(sessions: readonly ActiveSession[], ms: number): Promise<void> {
    if (sessions.length === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve)
      void Promise.all(sessions.map((session) => this.#sessions.get(session))).then(() => {
        cancel()
        resolve()
      })
    })
  }
}
