/** What the client sends, under the deadlines of decision 16: the lines and literals of commands, and answers in the middle of one. */
import { type Ending, endingOf } from '../accounts/presence.js'
import type { Clock } from '../core/clock.js'
import type { ImapLimits } from '../core/limits.js'
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import { ImapReader, type Segment } from '../wire/imap-reader.js'
import { Disconnected } from '../wire/writer.js'
import { Farewell } from './errors.js'

/** What was waited for when a deadline expired. */
export type Phase = 'login' | 'idle' | 'idle-max' | 'command' | 'literal'

export interface LineWait {
  readonly phase: Phase
  /** Milliseconds. */
  readonly ms: number
  readonly secret: boolean
}

/**
 * All waits throw DeadlineExpired of a Phase, Disconnected (also at the end of input), or Farewell: for a line
 * that is too long, and for a shutdown, which reaches a session only where nothing is under way.
 */
export class Input {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #limits: ImapLimits
  readonly #stopping: AbortSignal
  #reader = new ImapReader()
  /** Milliseconds that are left for the command that is being read. */
  #left = 0
  #interruptible = false

  constructor(connection: Connection, clock: Clock, limits: ImapLimits, stopping: AbortSignal) {
    this.#connection = connection
    this.#clock = clock
    this.#limits = limits
    this.#stopping = stopping
    stopping.addEventListener('abort', this.#onStop)
  }

  /** True if the client has sent more than has been used. */
  get pending(): boolean {
    return this.#reader.pending > 0 || this.#connection.unread
  }

  /** True while the client is waited for in the middle of a command. */
  get asking(): boolean {
    return this.#interruptible
  }

  /** Waits for the first octet of a command. */
  async begin(phase: Phase, ms: number): Promise<void> {
    this.#left = this.#limits.commandTimeout
    if (this.#stopping.aborted) throw this.#farewell()
    // Whoever sends without a pause is not waited for, and its time is over all the same.
    if (ms <= 0) throw new DeadlineExpired(phase)
    if (this.#reader.pending === 0) await this.#within(phase, ms, () => this.#interruptibly(() => this.#fill()))
  }

  /** The next line of the command that has begun. */
  async segment(): Promise<Segment> {
    const ready = this.#take()
    if (ready !== null) return ready
    const since = this.#clock.now()
    const segment = await this.#within('command', this.#left, () => this.#segment())
    this.#left = Math.max(0, this.#left - (this.#clock.now() - since))
    return segment
  }

  /** The octets of the literal that the last line announced, all of them, in whatever pieces they arrive. */
  async *literal(): AsyncGenerator<Buffer, void> {
    const since = this.#clock.now()
    let octets = 0
    while (this.#reader.literalLeft > 0) {
      const piece = this.#reader.literal()
      if (piece !== null) {
        octets += piece.length
        yield piece
        continue
      }
      if (this.#clock.now() - since > this.#allowance(octets)) throw new DeadlineExpired('literal')
      await this.#within('literal', this.#limits.literalTimeout, () => this.#fill())
    }
  }

  /** The client will not send the literal that it announced, because it was told not to. */
  refuseLiteral(): void {
    this.#reader.refuseLiteral()
  }

  /** One line in the middle of a command, without its CRLF, as octets. The trace shows nothing of a secret one. */
  async line({ phase, ms, secret }: LineWait): Promise<string> {
    if (this.#stopping.aborted) throw this.#farewell()
    const { text, literal } =
      this.#take() ?? (await this.#within(phase, ms, () => this.#interruptibly(() => this.#segment())))
    const line = text.toString('latin1')
    if (secret) this.#connection.trace?.clientSecret('')
    else this.#connection.trace?.client(line)
    if (literal === null) return line
    if (!literal.sync) throw new Farewell('A literal cannot stand here', 'CLIENTBUG')
    this.#reader.refuseLiteral()
    return `${line}{${literal.size}}`
  }

  /** Ends the wait of `line` with `reason`, if it waits. */
  interrupt(reason: Error): void {
    if (this.#interruptible) this.#connection.interrupt(reason)
  }

  /** Begins anew after a TLS handshake. */
  restart(): void {
    this.#reader = new ImapReader()
  }

  close(): void {
    this.#stopping.removeEventListener('abort', this.#onStop)
  }

  readonly #onStop = (): void => this.interrupt(this.#farewell())

  #farewell(): Farewell {
    return new Farewell(FAREWELLS[endingOf(this.#stopping)])
  }

  /** Milliseconds that so many octets of a literal may take. */
  #allowance(octets: number): number {
    return this.#limits.literalGrace + (1000 * octets) / this.#limits.literalRate
  }

  #take(): Segment | null {
    const segment = this.#reader.segment(this.#limits.commandLine)
    if (segment === 'too-long') throw new Farewell(`A line is longer than ${this.#limits.commandLine} octets`)
    return segment
  }

  async #segment(): Promise<Segment> {
    for (;;) {
      const segment = this.#take()
      if (segment !== null) return segment
      await this.#fill()
    }
  }

  async #interruptibly<T>(wait: () => Promise<T>): Promise<T> {
    this.#interruptible = true
    try {
      return await wait()
    } finally {
      this.#interruptible = false
    }
  }

  async #within<T>(phase: Phase, ms: number, wait: () => Promise<T>): Promise<T> {
    this.#connection.deadline(phase, ms)
    try {
      return await wait()
    } finally {
      this.#connection.clearDeadline()
    }
  }

  async #fill(): Promise<void> {
    const chunk = await this.#connection.read()
    if (chunk === null) throw new Disconnected('closed by the client')
    this.#reader.push(chunk)
  }
}

const FAREWELLS: { readonly [E in Ending]: string } = {
  shutdown: 'Server is shutting down',
  kicked: 'This session was ended by the administrator',
  revoked: 'Your password or your account has changed, log in again',
}
