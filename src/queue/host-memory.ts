/**
 * Which hosts could not be used a while ago. They are left alone for a time that grows with each failure and is bounded,
 * so that a dead host costs one connection now and then and not one for each message. In memory alone: after a restart
 * each is tried once.
 */
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import type { HopHost } from './contracts.js'

export interface Rest {
  /** When it failed last, and until when it is left alone. */
  readonly since: number
  readonly until: number
  /** What it failed with, as an SMTP reply. */
  readonly reply: string
}

interface Failures extends Rest {
  readonly count: number
}

export const hostKey = ({ name, port }: HopHost): string => `${name}:${port}`

export class HostMemory {
  readonly #clock: Clock
  readonly #size: number
  /** The one that failed the longest ago first. */
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock, size: number = queueLimits.hostsRemembered) {
    this.#clock = clock
    this.#size = size
  }

  /** Why `host` is left alone now; null: it is not. */
  rest(host: HopHost): Rest | null {
    const failures = this.#failures.get(hostKey(host))
    return failures === undefined || failures.until <= this.#clock.now() ? null : failures
  }

  /** @returns until when it is left alone */
  failed(host: HopHost, reply: string): number {
    const now = this.#clock.now()
    const key = hostKey(host)
    const before = this.#failures.get(key)
    // Several connections that fail together are one failure.
    const count = (before?.count ?? 0) + (before !== undefined && before.until > now ? 0 : 1)
    const rest = Math.min(queueLimits.hostRest * 2 ** Math.min(count - 1, 30), queueLimits.hostRestMax)
    this.#failures.delete(key)
    this.#failures.set(key, { since: now, until: now + rest, reply, count })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > this.#size && oldest !== undefined) this.#failures.delete(oldest)
    return now + rest
  }

  worked(host: HopHost): void {
    this.#failures.delete(hostKey(host))
  }
}
