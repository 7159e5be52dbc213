/** A server whose every answer a test decides: one end of a stream pair, that keeps what it was told. */
import type { Duplex } from 'node:stream'

/** The reply to a line, several lines with `|` between; null: none. For the message the line is `.`, for a chunk BDAT. */
export type Answers = (line: string) => string | null

const KEYWORDS = 'mx.example|PIPELINING|8BITMIME|SIZE 0'

/** What a server without opinions says. */
export const agreeable =
  (keywords = KEYWORDS): Answers =>
  (line) => {
    if (line.startsWith('EHLO')) {
      const lines = keywords.split('|')
      return lines.map((text, i) => `250${i === lines.length - 1 ? ' ' : '-'}${text}`).join('|')
    }
    return line === 'DATA' ? '354 go' : line === 'QUIT' ? '221 bye' : '250 2.0.0 ok'
  }

export class SmtpServer {
  readonly lines: string[] = []
  /** Messages as they came, by DATA with their end mark. */
  readonly messages: string[] = []
  readonly #stream: Duplex
  readonly #answers: Answers
  /** Octets of each write. */
  readonly #piece: number
  #held = ''
  #inData = false
  /** Octets of the chunk that are still to come. */
  #chunk = 0
  #message = ''

  constructor(
    stream: Duplex,
    answers: Answers,
    options: { readonly piece?: number; readonly greeting?: string | null } = {},
  ) {
    this.#stream = stream
    this.#answers = answers
    this.#piece = options.piece ?? Number.POSITIVE_INFINITY
    stream.on('error', () => {})
    stream.on('data', (octets: Buffer) => this.#take(octets.toString('latin1')))
    const { greeting = '220 mx.example' } = options
    if (greeting !== null) this.say(greeting)
  }

  say(reply: string): void {
    const octets = `${reply.replaceAll('|', '\r\n')}\r\n`
    for (let at = 0; at < octets.length; at += this.#piece) this.#stream.write(octets.slice(at, at + this.#piece))
  }

  #take(octets: string): void {
    this.#held += octets
    while (this.#inData ? this.#data() : this.#chunk > 0 ? this.#octets() : this.#line()) {
      // Until something is missing.
    }
  }

  #answer(line: string): string | null {
    const reply = this.#answers(line)
    if (reply !== null) this.say(reply)
    if (line === 'QUIT' && reply !== null) this.#stream.end()
    return reply
  }

  #line(): boolean {
    const end = this.#held.indexOf('\r\n')
    if (end === -1) return false
    const line = Buffer.from(this.#held.slice(0, end), 'latin1').toString()
    this.#held = this.#held.slice(end + 2)
    this.lines.push(line)
    const [, size] = /^BDAT (\d+)(?: LAST)?$/.exec(line) ?? []
    if (size !== undefined) this.#chunk = Number(size)
    else this.#inData = this.#answer(line)?.startsWith('354') === true
    return true
  }

  #data(): boolean {
    const end = `\r\n${this.#held}`.indexOf('\r\n.\r\n')
    if (end === -1) return false
    this.messages.push(this.#held.slice(0, end + 3))
    this.#held = this.#held.slice(end + 3)
    this.#inData = false
    this.#answer('.')
    return true
  }

  #octets(): boolean {
    const taken = this.#held.slice(0, this.#chunk)
    this.#held = this.#held.slice(taken.length)
    this.#chunk -= taken.length
    this.#message += taken
    if (this.#chunk > 0) return false
    if (this.lines.at(-1)?.endsWith('LAST') === true) {
      this.messages.push(this.#message)
      this.#message = ''
    }
    this.#answer('BDAT')
    return true
  }
}
