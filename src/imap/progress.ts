/**
 * Tells a client whose command takes long that it is still at work: RFC 9585. Without a word for minutes clients, and
 * the middleboxes before them, take a connection for dead.
 */
import type { Clock } from '../core/clock.js'
import type { ImapLimits } from '../core/limits.js'
import type { Input } from './input.js'
import type { Responses } from './responses.js'

/** So many looks make one interval: what is said comes after one interval of silence, and before one and a half. */
const LOOKS = 2

interface ProgressParts {
  readonly clock: Clock
  readonly out: Pick<Responses, 'untagged' | 'flush' | 'within' | 'full' | 'written'>
  readonly input: Pick<Input, 'asking'>
  readonly limits: Pick<ImapLimits, 'progressInterval'>
}

/** Of one session: one command runs at a time. */
export class Progress {
  readonly #parts: ProgressParts
  #tag = ''
  #done: number | null = null
  #goal: number | null = null
  #written = 0
  #silent = 0
  #cancel: () => void = () => {}

  constructor(parts: ProgressParts) {
    this.#parts = parts
  }

  /** A command begins to run. */
  begin(tag: string): void {
    this.end()
    this.#tag = tag
    this.#done = null
    this.#goal = null
    this.#silent = 0
    this.#written = this.#parts.out.written
    this.#wait()
  }

  /** It runs no more: nothing is told from here on. Calling it twice is fine. */
  end(): void {
    this.#cancel()
    this.#cancel = () => {}
  }

  /** How many messages the command has done; `goal`: of how many, null where that is not known. It costs nothing. */
  report(done: number, goal: number | null): void {
    this.#done = done
    this.#goal = goal
  }

  #wait(): void {
    const { clock, limits } = this.#parts
    this.#cancel = clock.after(limits.progressInterval / LOOKS, () => {
      this.#look()
      this.#wait()
    })
  }

  /** Who waits for the client keeps it informed itself, and a client that takes nothing need not be told more. */
  #look(): void {
    const { out, input } = this.#parts
    const quiet = out.written === this.#written && !out.within && !out.full && !input.asking
    this.#silent = quiet ? this.#silent + 1 : 0
    if (this.#silent === LOOKS) {
      out.untagged(`OK ${this.#code} Still at work`)
      out.flush()
      this.#silent = 0
    }
    this.#written = out.written
  }

  /** A tag that has "]" in it would end the response code (RFC 9585 §4). */
  get #code(): string {
    const tag = this.#tag.includes(']') ? 'NIL' : `"${this.#tag}"`
    if (this.#done !== null) return `[INPROGRESS (${tag} ${this.#numbers(this.#done)})]`
    return tag === 'NIL' ? '[INPROGRESS]' : `[INPROGRESS (${tag} NIL NIL)]`
  }

  /** The goal is reached when the command is completed, and not before. */
  #numbers(done: number): string {
    const goal = this.#goal ?? 0
    return goal > 0 ? `${Math.min(done, goal - 1)} ${goal}` : `${done} NIL`
  }
}
