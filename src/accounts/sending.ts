/**
 * Counts what each user and each client address has sent within the last hour, so that a stolen password or a
 * broken program sends no more than it may. Counts are kept by the minute: what is sent counts for 60 minutes
 * and never for more than 61, so that no hour of whichever 60 minutes has more than the limit.
 *
 * In memory alone: a restart forgets them. The table is bounded, and who has sent nothing for the longest time
 * goes first.
 */
import type { Clock } from '../core/clock.js'
import { sendingLimits } from '../core/limits.js'

const MINUTE = 60_000
const MINUTES = 60

/** What may be sent within an hour; 0: as much as they like. */
export interface Allowance {
  readonly messages: number
  readonly recipients: number
}

/** One who sends, under the name that it is counted by. */
export interface Sending {
  readonly who: string
  readonly allowance: Allowance
}

/** What is still allowed now; Infinity where there is no limit. */
export type Room = Allowance

/** What was sent in one minute since the epoch. */
interface Minute {
  readonly minute: number
  messages: number
  recipients: number
}

export class SendingMeter {
  readonly #clock: Clock
  readonly #size: number
  /** The least recently touched first; minutes ascending. */
  readonly #sent = new Map<string, Minute[]>()

  constructor({ clock, size = sendingLimits.remembered }: { readonly clock: Clock; readonly size?: number }) {
    this.#clock = clock
    this.#size = size
  }

  /** Entries in the table. */
  get size(): number {
    return this.#sent.size
  }

  /** What all of them may still send, the least of each. */
  room(all: readonly Sending[]): Room {
    const rooms = all.map((one) => this.#roomOf(one))
    return {
      messages: Math.min(...rooms.map(({ messages }) => messages)),
      recipients: Math.min(...rooms.map(({ recipients }) => recipients)),
    }
  }

  /**
   * Counts one message for all of them, or for none when one of them has no room for it. The returned function
   * takes it back: a message that was refused after all does not count. null: there was no room.
   */
  take(all: readonly Sending[], recipients: number): (() => void) | null {
    const room = this.room(all)
    if (room.messages < 1 || room.recipients < recipients) return null
    const limited = all.filter(({ allowance }) => allowance.messages > 0 || allowance.recipients > 0)
    const minutes = limited.map(({ who }) => this.#thisMinute(who))
    for (const minute of minutes) add(minute, 1, recipients)
    return () => {
      for (const minute of minutes) add(minute, -1, -recipients)
    }
  }

  #roomOf({ who, allowance }: Sending): Room {
    const sent = this.#recent(who)
    const left = (limit: number, counts: readonly number[]): number =>
      limit === 0 ? Number.POSITIVE_INFINITY : Math.max(0, limit - counts.reduce((a, b) => a + b, 0))
    return {
      messages: left(
        allowance.messages,
        sent.map(({ messages }) => messages),
      ),
      recipients: left(
        allowance.recipients,
        sent.map(({ recipients }) => recipients),
      ),
    }
  }

  #recent(who: string): Minute[] {
    const now = this.#now()
    return (this.#sent.get(who) ?? []).filter(({ minute }) => now - minute <= MINUTES)
  }

  #thisMinute(who: string): Minute {
    const recent = this.#recent(who)
    const minute = recent.find((one) => one.minute === this.#now()) ?? {
      minute: this.#now(),
      messages: 0,
      recipients: 0,
    }
    if (!recent.includes(minute)) recent.push(minute)
    this.#touch(who, recent)
    return minute
  }

  #touch(who: string, recent: Minute[]): void {
    this.#sent.delete(who)
    this.#sent.set(who, recent)
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > this.#size && oldest !== undefined) this.#sent.delete(oldest)
  }

  #now(): number {
    return Math.floor(this.#clock.now() / MINUTE)
  }
}

function add(minute: Minute, messages: number, recipients: number): void {
  minute.messages += messages
  minute.recipients += recipients
}
