/** Judges what came over one IMAP connection against what is written for it, as a group: order is free where the RFCs leave it free. Pure. */
import type { Captures } from '../pattern.js'
import type { OctetString } from '../transcript.js'
import { codeFits, sameCode } from './imap-codes.js'
import { sameData } from './imap-data.js'
import { FetchLedger } from './imap-fetches.js'
import { Match, tried } from './imap-match.js'
import { Numbering } from './imap-numbering.js'
import { type Code, type Response, readResponse } from './imap-response.js'
import { rowOf } from './imap-units.js'
import { Unreadable } from './imap-values.js'
import { seen, type View } from './imap-view.js'
import { mayComeUnwritten } from './imap-volunteered.js'
import type { Written } from './imap-written.js'

export interface GroupContext {
  readonly known: ReadonlyMap<string, OctetString>
  readonly view: View
  /** Capabilities in capitals. */
  readonly needs: readonly string[]
  /** The command that is being answered, in capitals: `UID FETCH`; null between commands. */
  readonly command: string | null
  /** Other commands have been sent behind that one. */
  readonly pipelined: boolean
}

export type GroupVerdict =
  /** Nothing is wrong. `missing` is what must still come, or null. */
  | {
      readonly kind: 'fits'
      readonly missing: Written | null
      readonly captures: Captures
      readonly done: ReadonlySet<Written>
      readonly view: View
    }
  | {
      readonly kind: 'differs'
      readonly what: string
      readonly written: Written | null
      readonly came: OctetString
    }

/** @param written in the order of the transcript. @param came whole responses in the order in which they came */
export function judgeGroup(
  written: readonly Written[],
  came: readonly OctetString[],
  context: GroupContext,
): GroupVerdict {
  const expunges = came.filter((response) => /^\* \d+ EXPUNGE$/i.test(response)).length
  const group = new Group(written, expunges, context)
  for (const response of came) {
    const wrong = group.hear(response)
    if (wrong !== null) return { kind: 'differs', ...wrong, came: response }
  }
  return group.verdict()
}

type Wrong = { readonly what: string; readonly written: Written | null }

class Group {
  readonly #written: readonly Written[]
  readonly #context: GroupContext
  readonly #match: Match
  readonly #done = new Set<Written>()
  readonly #numbers: ReadonlyMap<Written, number>
  readonly #numbering = new Numbering()
  readonly #fetches: FetchLedger
  #view: View

  constructor(written: readonly Written[], expunges: number, context: GroupContext) {
    this.#context = context
    this.#view = context.view
    this.#match = new Match(context.known)
    this.#numbers = Numbering.ofWritten(written, expunges, this.#match)
    this.#written = written
    this.#fetches = new FetchLedger(written, this.#numbers, this.#match, context.pipelined)
  }

  verdict(): GroupVerdict {
    const missing = this.#written.find((one) => one.must && !this.#isDone(one)) ?? null
    const done = new Set(this.#written.filter((one) => this.#isDone(one)))
    return { kind: 'fits', missing, captures: this.#match.captures, done, view: this.#view }
  }

  /** @returns what is wrong with it, or null */
  hear(octets: OctetString): Wrong | null {
    const came = read(octets)
    if (typeof came === 'string') return { what: `this cannot be read: ${came}`, written: null }
    const wrong = this.#judge(came)
    if (wrong === null) this.#view = seen(this.#view, came)
    return wrong
  }

  #isDone(one: Written): boolean {
    return this.#done.has(one) || this.#fetches.isDone(one)
  }

  #judge(came: Response): Wrong | null {
    const number =
      came.kind === 'data' && came.number !== null ? this.#numbering.original(came.name, came.number) : null
    if (came.kind === 'data' && came.name === 'FETCH' && number !== null)
      return this.#fetches.hear(came, number, this.#view)
    const found = this.#pending(came).find((one) => tried(this.#match, (match) => this.#fits(match, one, came, number)))
    if (found !== undefined) this.#settle(found, came)
    else if (!mayComeUnwritten(came, this.#view, this.#context.command, this.#growth()))
      return { what: whatIsWrong(came), written: this.#pending(came)[0] ?? this.#missing() }
    if (came.kind === 'status' && came.tag !== '*') this.#settleCopy(came.code)
    return null
  }

  #missing(): Written | null {
    return this.#written.find((one) => one.must && !this.#isDone(one)) ?? null
  }

  /** What is written and of the same kind: what must come first, then what may. */
  #pending(came: Response): readonly Written[] {
    const alike = this.#written.filter((one) => !this.#isDone(one) && isAlike(one.response, came))
    return [...alike.filter(({ must }) => must), ...alike.filter(({ must }) => !must)]
  }

  #fits(match: Match, { response, raw }: Written, came: Response, number: number | null): boolean {
    const { needs } = this.#context
    if (response === null) return raw !== null && match.text(raw, textOfWhole(came))
    if (response.kind === 'continuation') return came.kind === 'continuation' && sameContinuation(match, response, came)
    if (response.kind === 'status')
      return (
        came.kind === 'status' &&
        match.text(response.tag, came.tag) &&
        sameStatus(match, response.status, came) &&
        codeFits(match, response.code, came.code, this.#view.offered, needs) &&
        (tried(match, (attempt) => attempt.text(response.text, came.text)) || true)
      )
    return came.kind === 'data' && this.#fitsData(match, response, came, number)
  }

  #fitsData(match: Match, written: Data, came: Data, number: number | null): boolean {
    if (written.number === null) return sameData(match, written.name, written.values, came.values, this.#context.needs)
    if (written.name === 'RECENT' || number === null) return match.text(written.number, came.number ?? '')
    const one = this.#written.find(({ response }) => response === written)
    const expected = one === undefined ? undefined : this.#numbers.get(one)
    return expected === undefined ? match.text(written.number, came.number ?? '') : expected === number
  }

  /** A greater EXISTS says what a smaller one before it would have said. */
  #settle(found: Written, came: Response): void {
    this.#done.add(found)
    if (came.kind !== 'data' || (came.name !== 'EXISTS' && came.name !== 'RECENT')) return
    for (const one of this.#written.slice(0, this.#written.indexOf(found)))
      if (one.response?.kind === 'data' && one.response.name === came.name) this.#done.add(one)
  }

  /** RFC 6851 §4.3 advises an untagged OK for COPYUID, and RFC 4315 §3 has it in the tagged one. */
  #settleCopy(code: Code | null): void {
    if (code?.name !== 'COPYUID') return
    const untagged = this.#written.find(
      ({ response }) => response?.kind === 'status' && response.tag === '*' && response.code?.name === 'COPYUID',
    )
    if (untagged?.response?.kind !== 'status' || untagged.response.code === null || this.#isDone(untagged)) return
    const written = untagged.response.code
    if (tried(this.#match, (match) => sameCode(match, written, code))) this.#done.add(untagged)
  }

  /** The greatest EXISTS that is written and has not come. */
  #growth(): number | null {
    const sizes = this.#written.flatMap((one) =>
      one.response?.kind === 'data' && one.response.name === 'EXISTS' && !this.#isDone(one)
        ? [Number(this.#match.filled(one.response.number ?? '') ?? Number.NaN)]
        : [],
    )
    return sizes.length === 0 ? null : Math.max(...sizes)
  }
}

type Data = Extract<Response, { readonly kind: 'data' }>
type Status = Extract<Response, { readonly kind: 'status' }>
type Continuation = Extract<Response, { readonly kind: 'continuation' }>

function read(octets: OctetString): Response | string {
  const row = rowOf(octets)
  if (row === null) return 'a literal is not whole'
  try {
    return readResponse(row)
  } catch (error) {
    if (error instanceof Unreadable) return error.message
    throw error
  }
}

/** Data of one name, statuses with and without a tag; a status that is written may be any untagged one. */
function isAlike(written: Response | null, came: Response): boolean {
  if (written === null) return true
  if (written.kind !== came.kind) return false
  if (written.kind === 'data' && came.kind === 'data') return written.name === came.name
  if (written.kind === 'status' && came.kind === 'status') return (written.tag === '*') === (came.tag === '*')
  return true
}

/** A choice may have a response code in it: `{{NO [USEATTR]|OK}}`. */
const sameStatus = (match: Match, written: OctetString, { status, code }: Status): boolean =>
  match.text(written, status, { caseless: true }) ||
  (code !== null && match.text(written, `${status} [${code.name}]`, { caseless: true }))

/** Text is free, but what an island captures or computes is data of SASL. */
function sameContinuation(match: Match, { text }: Continuation, came: Continuation): boolean {
  if (!/\{\{[^*]/.test(text)) return true
  return tried(match, (attempt) => attempt.text(text, came.text))
}

function textOfWhole(came: Response): OctetString {
  if (came.kind === 'continuation') return `+ ${came.text}`
  if (came.kind === 'status') return `${came.tag} ${came.status} ${came.text}`
  return `* ${came.number === null ? '' : `${came.number} `}${came.name}`
}

function whatIsWrong(came: Response): string {
  if (came.kind === 'continuation') return 'the server asks for more, and nothing more was announced'
  if (came.kind === 'status')
    return came.tag === '*'
      ? `an untagged ${came.status} came that was not to be expected`
      : 'this is another answer to the command'
  return `${came.name} came, and this one was not to be expected`
}
