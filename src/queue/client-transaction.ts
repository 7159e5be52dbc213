/**
 * One mail transaction as a client (RFC 5321 §3.3), sans-I/O: replies in, lines out, a verdict for each recipient.
 *
 * Where the server takes commands in groups (RFC 2920) MAIL, RCPT and DATA go in one; else one by one. What a reply
 * means for the message and what for the server is told apart here: see `Transaction.hostTrouble`.
 */
import { clientLimits } from '../core/limits.js'
import { replyText, type SmtpReply } from '../wire/reply-reader.js'
import { type ClientEvent, type Effect, type Failure, failureReply, type Machine, type Phase } from './client-steps.js'
import type { Transaction, Verdict } from './contracts.js'

export interface TransactionPlan {
  readonly mail: string
  readonly recipients: readonly { readonly recipient: string; readonly line: string }[]
  /** Octets that go by BDAT; null: by DATA. */
  readonly chunked: number | null
  readonly pipelining: boolean
  /** The DSN parameters are passed on. */
  readonly reports: boolean
  /** Something of a transaction before may be left: RSET first. */
  readonly reset: boolean
  /** The connection has carried mail before: that it is closed now says nothing of the server. */
  readonly reused: boolean
  /** As people know it. */
  readonly host: string
}

export interface TransactionEnd extends Transaction {
  /** The connection is as it was before. */
  readonly usable: boolean
  /** The next transaction begins with RSET. */
  readonly reset: boolean
}

type Command =
  | { readonly at: 'rset' | 'mail' | 'data'; readonly line: string }
  | { readonly at: 'rcpt'; readonly line: string; readonly index: number }

/** Of a recipient: not answered yet, taken by RCPT, or done. */
type Standing = 'open' | 'taken' | Verdict

/** 'dot': the end of a message for nobody. */
type Place = 'commands' | 'content' | 'chunk' | 'final' | 'dot'

const classOf = ({ code }: SmtpReply): number => Math.floor(code / 100)

export class ClientTransaction implements Machine<TransactionEnd> {
  readonly #plan: TransactionPlan
  readonly #standing: Standing[]
  #unsent: Command[]
  #awaited: Command[] = []
  #place: Place = 'commands'
  /** The server has taken MAIL. */
  #begun = false
  #octetsLeft: number
  #end: TransactionEnd | null = null

  constructor(plan: TransactionPlan) {
    const { recipients, mail, reset, chunked } = plan
    this.#plan = plan
    this.#standing = recipients.map(() => 'open')
    this.#unsent = [
      ...(reset ? [{ at: 'rset', line: 'RSET' } as const] : []),
      { at: 'mail', line: mail },
      ...recipients.map(({ line }, index) => ({ at: 'rcpt', line, index }) as const),
      ...(chunked === null ? [{ at: 'data', line: 'DATA' } as const] : []),
    ]
    this.#octetsLeft = chunked ?? 0
  }

  /** null while it lasts. */
  get end(): TransactionEnd | null {
    return this.#end
  }

  start(): readonly Effect[] {
    return this.#sendCommands()
  }

  on(event: ClientEvent): readonly Effect[] {
    if (this.#end !== null) return []
    switch (event.kind) {
      case 'reply':
        return event.reply.code === 421 ? this.#closing(event.reply) : this.#onReply(event.reply)
      case 'sent':
        return this.#onSent()
      case 'unfit':
        this.#settleAll('refused', '554 5.6.0 CR or LF stand alone in the message, for which DATA has no form')
        return this.#finish({ usable: false })
      case 'lost':
      case 'timeout':
      case 'garbage':
        return this.#onFailure(event)
      default:
        return []
    }
  }

  #onReply(reply: SmtpReply): readonly Effect[] {
    switch (this.#place) {
      case 'commands':
        return this.#answered(reply)
      case 'content':
        return this.#early(reply)
      case 'chunk':
        return this.#chunkAnswered(reply)
      case 'final':
        return this.#concluded(reply)
      case 'dot':
        return this.#finish({ reset: true })
    }
  }

  get #taken(): boolean {
    return this.#standing.includes('taken')
  }

  /** The next group of commands, or what comes behind the last. */
  #sendCommands(): readonly Effect[] {
    const group = this.#unsent.slice(0, this.#plan.pipelining ? clientLimits.pipelinedCommands : 1)
    const [first] = group
    if (first === undefined) return this.#taken ? this.#nextChunk() : this.#finish({ reset: true })
    const pointless = first.at === 'data' && !this.#taken
    if (pointless || !this.#standing.some((standing) => typeof standing === 'string'))
      return this.#finish({ reset: true })
    this.#unsent = this.#unsent.slice(group.length)
    this.#awaited = group
    return [...group.map(({ line }) => ({ kind: 'write', line }) as const), { kind: 'await', phase: first.at }]
  }

  #answered(reply: SmtpReply): readonly Effect[] {
    const [command, next] = this.#awaited
    if (command === undefined) return this.#unmeant(reply)
    const sense = this.#accepts(command, classOf(reply))
    if (!sense) return this.#unmeant(reply)
    this.#awaited = this.#awaited.slice(1)
    const effects = this.#take(command, reply)
    if (effects !== null || this.#end !== null) return effects ?? []
    return next === undefined ? this.#sendCommands() : [{ kind: 'await', phase: next.at }]
  }

  /** 354 is for DATA alone, and what is done (2yz) is never DATA. */
  #accepts({ at }: Command, kind: number): boolean {
    return kind === 4 || kind === 5 || (at === 'data' ? kind === 3 : kind === 2)
  }

  /** null: go on with what is awaited next. */
  #take(command: Command, reply: SmtpReply): readonly Effect[] | null {
    const positive = classOf(reply) < 4
    switch (command.at) {
      case 'rset':
        return positive ? null : this.#hostFails(replyText(reply))
      case 'mail':
        this.#begun = positive
        if (!positive) this.#settle(reply)
        return null
      case 'rcpt':
        if (this.#standing[command.index] === 'open')
          this.#standing[command.index] = positive ? 'taken' : this.#turnedAway(command.index, reply)
        return null
      case 'data':
        return positive ? this.#sendContent() : this.#concluded(reply)
    }
  }

  /** RFC 5321 §4.5.3.1.10: 452 says that it has enough of them, and so does a 552 of old servers; a full mailbox says 5.2.2. */
  #turnedAway(index: number, reply: SmtpReply): Verdict {
    const { code, enhanced } = reply
    const detail = enhanced?.slice(2) ?? null
    const enough = detail === '5.3' || (detail === null && (code === 452 || (code === 552 && this.#taken)))
    const temporary = classOf(reply) === 4 || (code === 552 && enough)
    const kind = !temporary ? 'refused' : enough && this.#taken ? 'again' : 'later'
    return this.#verdict(index, kind, replyText(reply))
  }

  /** RFC 2920 §3.1: a server may want a message though it took nobody; what it gets is an empty one, for nobody. */
  #sendContent(): readonly Effect[] {
    this.#place = this.#taken ? 'content' : 'dot'
    if (this.#taken) return [{ kind: 'content' }]
    return [
      { kind: 'write', line: '.' },
      { kind: 'await', phase: 'final' },
    ]
  }

  #nextChunk(): readonly Effect[] {
    const octets = Math.min(this.#octetsLeft, clientLimits.chunk)
    this.#octetsLeft -= octets
    this.#place = 'content'
    const last = this.#octetsLeft === 0
    return [
      { kind: 'write', line: `BDAT ${octets}${last ? ' LAST' : ''}` },
      { kind: 'chunk', octets, last },
    ]
  }

  #onSent(): readonly Effect[] {
    if (this.#place !== 'content') return []
    this.#place = this.#octetsLeft > 0 ? 'chunk' : 'final'
    return [{ kind: 'await', phase: this.#place }]
  }

  #chunkAnswered(reply: SmtpReply): readonly Effect[] {
    return classOf(reply) === 2 ? this.#nextChunk() : this.#concluded(reply)
  }

  /** RFC 5321 §4.2.5: the answer to the whole message. */
  #concluded(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) === 3 || (classOf(reply) === 2 && this.#place !== 'final')) return this.#unmeant(reply)
    this.#settle(reply)
    return this.#finish({ reset: classOf(reply) !== 2 })
  }

  /** A refusal in the middle of the message: the rest of it has no place to go. */
  #early(reply: SmtpReply): readonly Effect[] {
    if (classOf(reply) < 4) return this.#unmeant(reply)
    this.#settle(reply)
    return this.#finish({ usable: false })
  }

  /** The reply is the verdict on all who have none. */
  #settle(reply: SmtpReply): void {
    const kinds = { 2: 'accepted', 4: 'later', 5: 'refused' } as const
    this.#settleAll(kinds[classOf(reply) as keyof typeof kinds] ?? 'later', replyText(reply))
  }

  #settleAll(kind: Verdict['kind'], reply: string): void {
    for (const [index, standing] of this.#standing.entries())
      if (typeof standing === 'string') this.#standing[index] = this.#verdict(index, kind, reply)
  }

  #verdict(index: number, kind: Verdict['kind'], reply: string): Verdict {
    const recipient = this.#plan.recipients[index]?.recipient ?? ''
    return kind === 'accepted' ? { recipient, kind, reply, reports: this.#plan.reports } : { recipient, kind, reply }
  }

  #unmeant(reply: SmtpReply): readonly Effect[] {
    return this.#onFailure({ kind: 'garbage', why: `"${replyText(reply)}" is no answer to that` })
  }

  /** 421 (RFC 5321 §3.8): whatever was asked, the server goes. It is an answer all the same: it has not taken the message. */
  #closing(reply: SmtpReply): readonly Effect[] {
    return this.#hostFails(replyText(reply))
  }

  #onFailure(failure: Failure): readonly Effect[] {
    const reply = failureReply(failure, this.#phase, this.#plan.host)
    if (this.#place !== 'final') return this.#hostFails(reply)
    // The server may have taken it: to try again may make two of it, not to try may make none.
    this.#settleAll('later', `${reply} (the message may have been taken)`)
    return this.#finish({ usable: false })
  }

  get #phase(): Phase {
    if (this.#place === 'commands') return this.#awaited[0]?.at ?? 'mail'
    return this.#place === 'content' ? 'block' : this.#place === 'dot' ? 'final' : this.#place
  }

  #hostFails(reply: string): readonly Effect[] {
    const undecided = this.#standing.some((standing) => typeof standing === 'string')
    const stale = this.#plan.reused && !this.#begun
    this.#settleAll(stale ? 'again' : 'later', reply)
    return this.#finish({ usable: false, hostTrouble: undecided && !stale ? reply : null })
  }

  #finish(end: { usable?: boolean; reset?: boolean; hostTrouble?: string | null }): readonly Effect[] {
    const verdicts = this.#standing.filter((standing): standing is Verdict => typeof standing !== 'string')
    this.#end = { verdicts, usable: true, reset: false, hostTrouble: null, ...end }
    return []
  }
}
