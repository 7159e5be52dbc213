/** The fair judge at an SMTP connection: collects whole replies, written and come, and has each pair judged. */
import { arrived, nothing, unwritten, wordsOf } from './expectation.js'
import { judgeReply, type ReplyContext, type WrittenLine } from './fair/smtp.js'
import { type Heard, type Hearing, Skipped, type Stage } from './hearing.js'
import { Differs, shown } from './outcome.js'
import type { OctetString } from './transcript.js'

/** A line with a hyphen behind its code has others behind it; the code may be an island. */
const CONTINUES = /^(?:\d{3}|\{\{.*?\}\}(?!\}))-/

interface Reply {
  readonly lines: readonly WrittenLine[]
  /** Steps that it is made of. */
  readonly steps: number
}

export class FairSmtpHearing implements Hearing {
  readonly #stage: Stage
  #offered: ReadonlySet<string> | null
  #command: OctetString | null = null

  constructor(stage: Stage) {
    this.#stage = stage
    this.#offered = stage.offered
  }

  sends(octets: OctetString): void {
    this.ends()
    this.#command = octets.split('\r\n', 1)[0] ?? ''
  }

  ends(): void {
    if (this.#stage.client.waiting !== '') throw unwritten(this.#stage)
  }

  async hear(steps: readonly Heard[]): Promise<number> {
    const written = firstReply(steps)
    const came = await this.#reply(written)
    if (came !== null) this.#judge(written, came)
    return written.steps
  }

  /** Null when none must come, and none came or one that is not the one. */
  async #reply({ lines }: Reply): Promise<readonly OctetString[] | null> {
    const came: OctetString[] = []
    const optional = lines.every((line) => line.optional)
    for (;;) {
      const line = await arrived(this.#stage)
      if (optional && came.length === 0 && line !== null && !this.#begins(lines, line)) return null
      if (line === null) {
        if (came.length === 0 && optional) return null
        throw nothing(this.#stage, expectedOf(lines), lines[0]?.at)
      }
      came.push(line)
      this.#stage.note(`${this.#stage.client.take() ?? ''}\r\n`)
      if (!CONTINUES.test(line)) return came
    }
  }

  /** Whether a reply that begins with `line` may be the written one. */
  #begins(lines: readonly WrittenLine[], line: OctetString): boolean {
    const alone = line.replace(/^(\d{3})-/, '$1 ')
    return judgeReply(lines, [alone], this.#context).kind === 'fits'
  }

  get #context(): ReplyContext {
    const { captures, transcript, client } = this.#stage
    const { needs, rfc } = transcript.header
    const secured = client.inTls
    return { known: captures, command: this.#command, needs: needs.map(upper), rfc, offered: this.#offered, secured }
  }

  #judge({ lines }: Reply, came: readonly OctetString[]): void {
    const { captures } = this.#stage
    const verdict = judgeReply(lines, came, this.#context)
    if (verdict.kind === 'differs')
      throw new Differs({
        what: verdict.what,
        expected: expectedOf(lines),
        came: came.map(shown).join('\n'),
        line: verdict.at,
      })
    if (verdict.kind === 'lacks') throw new Skipped(`the server does not offer ${verdict.what}`)
    for (const [name, value] of verdict.captures) captures.set(name, value)
    if (/^(?:EHLO|LHLO)\b/i.test(this.#command ?? '') && came[0]?.startsWith('250'))
      this.#offered = new Set(came.slice(1).map((line) => upper(line.slice(4).split(' ')[0] ?? '')))
  }
}

const upper = (word: string): string => word.toUpperCase()
const expectedOf = (lines: readonly WrittenLine[]): string => lines.map(({ text }) => shown(text)).join('\n')

/** The steps from the first one to the line without a hyphen. */
function firstReply(steps: readonly Heard[]): Reply {
  const lines: WrittenLine[] = []
  for (const [i, step] of steps.entries()) {
    const written = linesOf(step)
    lines.push(...written)
    if (written.some(({ text }) => !CONTINUES.test(text))) return { lines, steps: i + 1 }
  }
  return { lines, steps: steps.length }
}

function linesOf(step: Heard): WrittenLine[] {
  const anyOrder = step.kind === 'any-order'
  const optional = step.kind === 'expect' && step.optional
  const responses = anyOrder ? step.responses : [step.response]
  return responses.map((response) => {
    const [piece] = response.pieces
    return { text: piece?.kind === 'line' ? piece.text : wordsOf(response), optional, anyOrder, at: response.at }
  })
}
