/** What the client sends, under the deadlines of decision 3: command lines, then the octets of messages. */
import type { Clock } from '../core/clock.js'
import type { SmtpLimits } from '../core/limits.js'
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import { type SmtpData, type SmtpLine, SmtpReader } from '../wire/smtp-reader.js'
import { Disconnected } from '../wire/writer.js'

type Waiting = 'nothing' | 'idle' | 'command' | 'data'

/** How fast a message arrives, all its chunks together: from when on, and how much. */
export interface Pace {
  /** Milliseconds since the epoch. */
  readonly start: number
  octets: number
}

/** All waits throw DeadlineExpired, Disconnected (also at the end of input), or the reason of an interrupt. */
export class Input {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #limits: SmtpLimits
  readonly #reader = new SmtpReader()
  #waiting: Waiting = 'nothing'

  constructor(connection: Connection, clock: Clock, limits: SmtpLimits) {
    this.#connection = connection
    this.#clock = clock
    this.#limits = limits
  }

  /** True if the client has sent more than has been used. */
  get pending(): boolean {
    return this.#reader.pending > 0 || this.#connection.unread
  }

  /** The next line if all of it is there; else null: `more`, and ask again. `limit` counts the CRLF. */
  takeLine(limit: number): SmtpLine | null {
    const line = this.#reader.line(limit, this.#limits.discardedLine)
    if (line !== null) this.#settle()
    return line
  }

  /** Waits for octets of a line: as long as is good between commands, and a short time once one has begun. */
  async more(): Promise<void> {
    if (this.#reader.pending > 0 || this.#waiting !== 'nothing') {
      if (this.#waiting !== 'command') this.#wait('command', this.#limits.commandTimeout)
    } else this.#wait('idle', this.#limits.idleTimeout)
    await this.#fill()
  }

  /** The next line, waiting for it. */
  async line(limit: number): Promise<SmtpLine> {
    for (;;) {
      const line = this.takeLine(limit)
      if (line !== null) return line
      await this.more()
    }
  }

  /** The octets of one message up to its end mark, in whatever pieces they arrive. */
  async *message(pace: Pace): AsyncGenerator<SmtpData, void> {
    for (;;) {
      const piece = this.#reader.data()
      if (piece === null) {
        await this.#moreData(pace)
        continue
      }
      pace.octets += piece.octets.length
      yield piece
      if (piece.done) return
    }
  }

  /** The next `size` octets as they are: RFC 3030 §2. */
  async *chunk(size: number, pace: Pace): AsyncGenerator<Buffer, void> {
    let left = size
    while (left > 0) {
      const piece = this.#reader.octets(left)
      if (piece === null) {
        await this.#moreData(pace)
        continue
      }
      left -= piece.length
      pace.octets += piece.length
      yield piece
    }
    this.#keepPace(pace)
  }

  async #moreData(pace: Pace): Promise<void> {
    this.#keepPace(pace)
    this.#wait('data', this.#limits.dataTimeout)
    await this.#fill()
    this.#settle()
  }

  #keepPace({ start, octets }: Pace): void {
    if (this.#clock.now() - start > this.#allowance(octets)) throw new DeadlineExpired('slow data')
  }

  /** Milliseconds that so many octets may take. */
  #allowance(octets: number): number {
    return this.#limits.dataGrace + (1000 * octets) / this.#limits.dataRate
  }

  #wait(what: Waiting, ms: number): void {
    this.#waiting = what
    this.#connection.deadline(what, ms)
  }

  #settle(): void {
    if (this.#waiting === 'nothing') return
    this.#waiting = 'nothing'
    this.#connection.clearDeadline()
  }

  async #fill(): Promise<void> {
    const chunk = await this.#connection.read()
    if (chunk === null) throw new Disconnected('closed by the client')
    this.#reader.push(chunk)
  }
}
