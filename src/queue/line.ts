/**
 * One connection that a lane may have at a time: opened when there is something to send, used again while it may be, and
 * closed with its transaction when the end of the server cannot wait for it.
 */
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { type Dialer, type HopHost, HostTrouble, type OutboundSession, type Plan } from './contracts.js'
import { hostFailed } from './events.js'
import { type HostMemory, hostKey } from './host-memory.js'
import { unlessStopping } from './waiting.js'

export type HostsPlan = Extract<Plan, { readonly kind: 'hosts' }>

export interface LineParts {
  readonly dialer: Dialer
  readonly hosts: HostMemory
  readonly clock: Clock
  readonly log: Log
  readonly limits: () => { readonly messagesPerConnection: number; readonly connectionTime: number }
  /** Aborted when nothing new is begun. */
  readonly stopping: AbortSignal
}

/** What one attempt has tried. */
export interface Trail {
  readonly tried: Set<string>
  /** Also hosts that are to be left alone, unless they failed just now. */
  readonly insists: boolean
}

export type Opened =
  /** `transcript`: of hosts that could not be used before it. */
  | { readonly kind: 'open'; readonly session: OutboundSession; readonly transcript: string }
  /** All hosts are to be left alone; no one was tried. */
  | { readonly kind: 'resting'; readonly until: number; readonly reply: string }
  /** Of those that are left to be tried none can be used. `permanent`: nor any other, nor later. */
  | { readonly kind: 'none'; readonly reply: string | null; readonly permanent: boolean; readonly transcript: string }
  | { readonly kind: 'stopping' }

export type Resting = Extract<Opened, { readonly kind: 'resting' }>

interface Open {
  readonly session: OutboundSession
  readonly host: HopHost
  readonly since: number
}

export class Line {
  readonly #parts: LineParts
  #open: Open | null = null
  #messages = 0
  #isRetired = false

  constructor(parts: LineParts) {
    this.#parts = parts
  }

  /** It was of use more than once, and may be again. */
  get isBusy(): boolean {
    return this.#messages > 1 && this.#isGood()
  }

  /** Until when nothing would be opened for `plan`; null: something is open, or would be. */
  rests(plan: HostsPlan): Resting | null {
    const isResting = this.#open === null && plan.hosts.every((host) => this.#parts.hosts.rest(host) !== null)
    return isResting ? this.#resting(plan) : null
  }

  /** What is open, or a connection to the first host that can be used. */
  async session(plan: HostsPlan, trail: Trail): Promise<Opened> {
    if (this.#open !== null && this.#isGood()) return { kind: 'open', session: this.#open.session, transcript: '' }
    await this.close()
    const failures: HostTrouble[] = []
    const left = plan.hosts.filter((host) => !trail.tried.has(hostKey(host)))
    const ready = left.filter((host) => this.#mayTry(host, trail))
    if (ready.length === 0 && trail.tried.size === 0) return this.#resting(plan)
    for (const host of ready) {
      trail.tried.add(hostKey(host))
      const opened = await this.#dial(host, plan)
      if (opened === null) return { kind: 'stopping' }
      if (!(opened instanceof HostTrouble))
        return { kind: 'open', session: opened.session, transcript: saidBy(failures) }
      failures.push(opened)
    }
    return noneOf(failures, plan)
  }

  /** A message went over it. */
  worked(): void {
    this.#messages++
    if (this.#open !== null) this.#parts.hosts.worked(this.#open.host)
  }

  /** The host of what is open could not take a message at all. Never rejects. */
  async failed(reply: string): Promise<void> {
    // What was open for a while may have been closed for reasons of its own: that is told by the next one.
    if (this.#open !== null && this.#messages === 0) this.#blame(this.#open.host, reply)
    await this.close()
  }

  /** It gets no further message. */
  retire(): void {
    this.#isRetired = true
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const open = this.#open
    this.#open = null
    this.#messages = 0
    this.#isRetired = false
    await open?.session.end()
  }

  destroy(): void {
    this.#open?.session.destroy()
  }

  #isGood(): boolean {
    const { limits, clock } = this.#parts
    const { messagesPerConnection, connectionTime } = limits()
    return (
      !this.#isRetired &&
      this.#open?.session.usable === true &&
      this.#messages < messagesPerConnection &&
      clock.now() - this.#open.since < connectionTime
    )
  }

  #mayTry(host: HopHost, { insists }: Trail): boolean {
    const { hosts, clock } = this.#parts
    const rest = hosts.rest(host)
    return rest === null || (insists && clock.now() - rest.since >= queueLimits.hostRest)
  }

  /** null: the end of the server came first. */
  async #dial(host: HopHost, { settings }: HostsPlan): Promise<Open | HostTrouble | null> {
    const { dialer, clock, stopping } = this.#parts
    try {
      const session = await unlessStopping(dialer.open(host, settings), stopping, (late) => late.destroy())
      if (session === null) return null
      this.#open = { session, host, since: clock.now() }
      return this.#open
    } catch (error) {
      if (!(error instanceof HostTrouble)) throw error
      this.#blame(host, error.reply)
      return error
    }
  }

  #blame(host: HopHost, reply: string): void {
    const until = this.#parts.hosts.failed(host, reply)
    const next_try = new Date(until).toISOString()
    hostFailed(this.#parts.log, { host: hostKey(host), error_msg: reply, next_try })
  }

  #resting(plan: HostsPlan): Resting {
    const rests = plan.hosts.flatMap((host) => this.#parts.hosts.rest(host) ?? [])
    const first = rests.reduce((a, b) => (b.until < a.until ? b : a))
    return { kind: 'resting', until: first.until, reply: first.reply }
  }
}

const saidBy = (failures: readonly HostTrouble[]): string => failures.map(({ transcript }) => transcript).join('')

function noneOf(failures: readonly HostTrouble[], { hosts }: HostsPlan): Opened {
  const permanent = failures.length === hosts.length && failures.every((failure) => failure.permanent)
  const told = failures.findLast((failure) => failure.permanent === permanent)
  return { kind: 'none', reply: told?.reply ?? null, permanent, transcript: saidBy(failures) }
}
