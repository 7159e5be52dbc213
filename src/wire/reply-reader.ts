/** What an SMTP server says, as replies (RFC 5321 §4.2). Sans-I/O: any cut of the same octets gives the same replies. */
import { clientLimits } from '../core/limits.js'

export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number
  /** `5.1.1` where the first line begins with one that fits the code (RFC 2034 §4), else null. */
  readonly enhanced: string | null
  /** What stands behind the code of each line, enhanced codes included; at least one. Without control characters. */
  readonly lines: readonly string[]
}

/** What came is no reply. There is no place in the stream any more from which to go on: close the connection. */
export class BadReply extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'BadReply'
  }
}

type ReplyLimits = Pick<typeof clientLimits, 'replyLine' | 'replyLines' | 'reply'>

const CR = 13
const LF = 10
const EMPTY = Buffer.alloc(0)

/** Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF. No 1yz is defined for SMTP. */
const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s
const ENHANCED = /^([245])\.\d{1,3}\.\d{1,3}(?= |$)/

export class ReplyReader {
  readonly #limits: ReplyLimits
  #held: Buffer = EMPTY
  /** The lines of the reply that is not whole yet. */
  #code: string | null = null
  #lines: string[] = []
  #octets = 0

  constructor(limits: ReplyLimits = clientLimits) {
    this.#limits = limits
  }

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
  }

  /** Octets that wait, or lines of a reply that is not whole. Behind STARTTLS there must be none (RFC 3207 §4.2). */
  get pending(): boolean {
    return this.#held.length > 0 || this.#code !== null
  }

  /** The next reply, or null until all of it is there. @throws BadReply, and nothing that follows it is a reply */
  next(): SmtpReply | null {
    for (let line = this.#line(); line !== null; line = this.#line()) {
      const reply = this.#take(line)
      if (reply !== null) return reply
    }
    return null
  }

  /** Without its end. A bare LF ends a line as well: some servers send nothing else, and what they say is not passed on. */
  #line(): Buffer | null {
    const { replyLine } = this.#limits
    const end = this.#held.indexOf(LF)
    if ((end === -1 ? this.#held.length : end + 1) > replyLine)
      throw new BadReply(`a line of its reply is longer than ${replyLine} octets`)
    if (end === -1) return null
    const line = this.#held.subarray(0, end > 0 && this.#held[end - 1] === CR ? end - 1 : end)
    this.#held = this.#held.subarray(end + 1)
    return line
  }

  #take(octets: Buffer): SmtpReply | null {
    const [, code, sign, text = ''] = LINE.exec(printable(octets.toString('utf8'))) ?? []
    if (code === undefined) throw new BadReply('what it said is no SMTP reply')
    if (code !== (this.#code ?? code)) throw new BadReply(`a reply of it has two codes, ${this.#code} and ${code}`)
    this.#code = code
    this.#lines.push(text)
    this.#octets += octets.length + 2
    if (this.#lines.length > this.#limits.replyLines || this.#octets > this.#limits.reply)
      throw new BadReply(`its reply has more than ${this.#limits.replyLines} lines or ${this.#limits.reply} octets`)
    return sign === '-' ? null : this.#whole(code)
  }

  #whole(code: string): SmtpReply {
    const [enhanced = null, kind] = ENHANCED.exec(this.#lines[0] ?? '') ?? []
    const reply = { code: Number(code), enhanced: kind === code[0] ? enhanced : null, lines: this.#lines }
    this.#code = null
    this.#lines = []
    this.#octets = 0
    return reply
  }
}

/** Replies go on into logs, reports and terminals: what could move a cursor or end a line there is a space. */
const printable = (text: string): string => text.replace(/\p{Cc}|[\u2028\u2029]/gu, ' ')

/** What somebody else wrote, as it goes on to people: of a long text the beginning. */
export function oneLine(text: string): string {
  const { replyText: most } = clientLimits
  const line = printable(text)
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** A reply as one line for people and reports, `550 5.1.1 No such user`; of a long one the beginning. */
export function replyText({ code, enhanced, lines }: SmtpReply): string {
  const [first = '', ...rest] = lines
  const texts = [first, ...rest.map((line) => withoutCode(line, enhanced))].map((text) => text.trim())
  return oneLine(`${code} ${texts.filter((part) => part !== '').join(' ')}`.trimEnd())
}

/** RFC 2034 §4: each line of a reply repeats the enhanced code. */
const withoutCode = (line: string, enhanced: string | null): string =>
  enhanced !== null && line.startsWith(enhanced) ? line.slice(enhanced.length) : line
