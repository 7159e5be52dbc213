/** The fair judge at an IMAP connection: collects what belongs together, up to the tagged reply or "+", and has it judged as a group. */
import { arrived, nothing, wordsOf } from './expectation.js'
import { type GroupVerdict, judgeGroup } from './fair/imap-group.js'
import { readResponse } from './fair/imap-response.js'
import { rowOf } from './fair/imap-units.js'
import { Unreadable } from './fair/imap-values.js'
import { blankView, seen, type View } from './fair/imap-view.js'
import { isOwed, readWritten, type Written } from './fair/imap-written.js'
import { readFixture } from './files.js'
import type { Heard, Hearing, Stage } from './hearing.js'
import { Differs, shown } from './outcome.js'
import type { Expected, OctetString, Piece, Step } from './transcript.js'

/** Commands behind which message numbers begin anew, or mean nothing. */
const FORGETS = /^\S+ (?:SELECT|EXAMINE|CLOSE|UNSELECT|LOGOUT)\b/im

/** A line that is a command. Lines of literals are seldom, and unknown commands are answered BAD at once. */
const COMMAND = new RegExp(
  '^([^ :\\r\\n]{1,64}) (UID [A-Z]+|' +
    'CAPABILITY|NOOP|LOGOUT|STARTTLS|AUTHENTICATE|LOGIN|ENABLE|ID|IDLE|NAMESPACE|' +
    'SELECT|EXAMINE|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|LIST|XLIST|LSUB|STATUS|APPEND|' +
    'GETQUOTA|GETQUOTAROOT|SETQUOTA|CHECK|CLOSE|UNSELECT|EXPUNGE|SEARCH|SORT|THREAD|FETCH|STORE|COPY|MOVE)(?=[ \\r])',
  'gim',
)

/** Responses of a failure that are shown. */
const SHOWN = 8

type Fits = Extract<GroupVerdict, { readonly kind: 'fits' }>

/** What is judged together. */
interface Unit {
  /** Steps that it is made of. */
  readonly steps: readonly Heard[]
  /** It ends with a tagged reply or "+". */
  readonly ended: boolean
}

export class FairImapHearing implements Hearing {
  readonly #stage: Stage
  readonly #needs: readonly string[]
  /** What is written and has come before its time. */
  readonly #early = new Set<Expected>()
  #view: View = blankView
  /** Commands that wait for their tagged reply: tag and verb, in the order in which they were sent. */
  readonly #commands = new Map<string, string>()

  constructor(stage: Stage) {
    this.#stage = stage
    this.#needs = stage.transcript.header.needs.map((need) => need.toUpperCase())
    for (const response of stage.before) this.#view = seenBefore(this.#view, response)
    this.#view = { ...this.#view, offered: stage.offered ?? this.#view.offered }
  }

  async sends(octets: OctetString, ahead: readonly Step[]): Promise<void> {
    await this.ends(ahead)
    for (const [, tag = '', verb = ''] of octets.matchAll(COMMAND)) this.#commands.set(tag, verb.toUpperCase())
    if (FORGETS.test(octets)) this.#view = { ...this.#view, exists: null, uids: new Map() }
  }

  /** What is left may be what nobody has to ask for. */
  async ends(ahead: readonly Step[] = []): Promise<void> {
    const came: OctetString[] = []
    for (let one = this.#stage.client.peek(); one !== null; one = this.#stage.client.peek()) {
      came.push(one)
      this.#take()
    }
    if (came.length === 0) return
    const written = await this.#written(ahead.filter(isHeardOf(this.#stage.conn)), news(ahead, this.#stage.conn), false)
    this.#settle(this.#judge(written, came), written)
  }

  async hear(steps: readonly Heard[], ahead: readonly Step[]): Promise<number> {
    const unit = firstUnit(steps)
    const behind = [...steps.slice(unit.steps.length), ...ahead]
    const responses = unit.steps.flatMap(responsesOf)
    const written = [
      ...(await this.#written(unit.steps, responses, true)),
      ...(await this.#written(behind.filter(isHeardOf(this.#stage.conn)), this.#ahead(unit, behind), false)),
    ]
    const came = await this.#collect(unit, written)
    const verdict = this.#judge(written, came)
    if (verdict.missing !== null) throw this.#missing(verdict.missing, came)
    this.#settle(verdict, written)
    for (const response of came) if (isTagged(response)) this.#commands.delete(response.split(' ', 1)[0] ?? '')
    return unit.steps.length
  }

  /** What may come before its time: what is written up to the next answer, and news of the mailbox. */
  #ahead({ steps, ended }: Unit, behind: readonly Step[]): readonly Expected[] {
    const { conn } = this.#stage
    const tagged = ended && !steps.flatMap(responsesOf).some(isContinuation)
    const near = tagged && !this.#pipelined ? [] : soon(behind, conn, this.#pipelined)
    return [...new Set([...near, ...news(behind, conn)])]
  }

  /** Takes responses until nothing more must come, or will. */
  async #collect(unit: Unit, written: readonly Written[]): Promise<readonly OctetString[]> {
    const came: OctetString[] = []
    const isAll = (): boolean => {
      const verdict = judgeGroup(written, came, this.#context())
      return verdict.kind === 'differs' || verdict.missing === null
    }
    const onlyMay = !written.some(({ must }) => must)
    while (onlyMay || unit.ended || !isAll()) {
      const response = await arrived(this.#stage)
      if (response === null || (onlyMay && !this.#wants(written, [...came, response]))) break
      came.push(response)
      this.#take()
      if (unit.ended && !response.startsWith('* ') && isAll()) break
      if (unit.ended && isTagged(response) && !this.#pipelined) break
    }
    if (!onlyMay) this.#collectOptional(written, came)
    return came
  }

  /** What may come and is there already. */
  #collectOptional(written: readonly Written[], came: OctetString[]): void {
    for (let next = this.#stage.client.peek(); next !== null; next = this.#stage.client.peek()) {
      if (isTagged(next) || next.startsWith('+') || !this.#wants(written, [...came, next])) return
      came.push(next)
      this.#take()
    }
  }

  /** The last of `came` is written. */
  #wants(written: readonly Written[], came: readonly OctetString[]): boolean {
    const [before, behind] = [came.slice(0, -1), came].map((some) => judgeGroup(written, some, this.#context()))
    return before?.kind === 'fits' && behind?.kind === 'fits' && behind.done.size > before.done.size
  }

  #judge(written: readonly Written[], came: readonly OctetString[]): Fits {
    const verdict = judgeGroup(written, came, this.#context())
    if (verdict.kind === 'fits') return verdict
    const { what } = verdict
    const line = verdict.written?.must === true ? { line: verdict.written.at } : {}
    const expected = verdict.written?.must === true ? verdict.written.words : null
    throw new Differs({ what, expected, came: shown(verdict.came), ...line })
  }

  #missing({ words, at }: Written, came: readonly OctetString[]): Differs {
    const tagged = came.some(isTagged)
    if (!tagged && this.#stage.client.peek() === null && came.length === 0) return nothing(this.#stage, words, at)
    const what = tagged ? 'this was to come before the tagged reply' : 'this did not come'
    const said = came.slice(-SHOWN).map(shown).join('\n')
    return new Differs({ what, expected: words, came: said === '' ? null : said, line: at })
  }

  #settle({ captures, view, done }: Fits, written: readonly Written[]): void {
    for (const [name, value] of captures) this.#stage.captures.set(name, value)
    this.#view = view
    for (const one of written) if (done.has(one)) this.#early.add(this.#expected(one))
  }

  readonly #sources = new Map<Written, Expected>()
  #expected(one: Written): Expected {
    return this.#sources.get(one) ?? { pieces: [], at: one.at }
  }

  #context() {
    const [command = null] = this.#commands.values()
    return { known: this.#stage.captures, view: this.#view, needs: this.#needs, command, pipelined: this.#pipelined }
  }

  get #pipelined(): boolean {
    return this.#commands.size > 1
  }

  #take(): void {
    this.#stage.note(`${this.#stage.client.take() ?? ''}\r\n`)
  }

  /** Reads `responses`, those that have come before their time left out. */
  async #written(steps: readonly Heard[], responses: readonly Expected[], must: boolean): Promise<readonly Written[]> {
    const optional = new Set(steps.flatMap((step) => (step.kind === 'expect' && step.optional ? [step.response] : [])))
    const [command = null] = this.#commands.values()
    const read: Written[] = []
    for (const response of responses) {
      if (this.#early.has(response)) continue
      const about = { must: must && !optional.has(response), words: wordsOf(response), at: response.at }
      const one = readWritten(await withoutFiles(response.pieces), about, (name) => this.#stage.captures.get(name))
      const owed = { ...one, must: one.must && isOwed(one, command) }
      this.#sources.set(owed, response)
      read.push(owed)
    }
    return read
  }
}

async function withoutFiles(pieces: readonly Piece[]): Promise<readonly Piece[]> {
  return Promise.all(
    pieces.map(
      async (piece): Promise<Piece> =>
        piece.kind === 'file' ? { kind: 'literal', octets: (await readFixture(piece.name)).toString('latin1') } : piece,
    ),
  )
}

function seenBefore(view: View, response: OctetString): View {
  const row = rowOf(response)
  if (row === null) return view
  try {
    return seen(view, readResponse(row))
  } catch (error) {
    if (error instanceof Unreadable) return view
    throw error
  }
}

const isTagged = (response: OctetString): boolean => !response.startsWith('* ') && !response.startsWith('+')

const headOf = ({ pieces: [piece] }: Expected): OctetString => (piece?.kind === 'line' ? piece.text : '')
const isContinuation = (response: Expected): boolean => headOf(response).startsWith('+')
const isEnd = (response: Expected): boolean => !headOf(response).startsWith('* ')

const responsesOf = (step: Heard): readonly Expected[] => (step.kind === 'expect' ? [step.response] : step.responses)

const isHeardOf =
  (conn: number) =>
  (step: Step): step is Heard =>
    (step.kind === 'expect' || step.kind === 'any-order') && step.conn === conn

function firstUnit(steps: readonly Heard[]): Unit {
  const end = steps.findIndex((step) => responsesOf(step).some(isEnd))
  return end === -1 ? { steps, ended: false } : { steps: steps.slice(0, end + 1), ended: true }
}

/** Untagged responses up to the next answer or sending; of pipelined commands all that is up to the next sending. */
function soon(ahead: readonly Step[], conn: number, pipelined: boolean): Expected[] {
  const found: Expected[] = []
  for (const step of ahead) {
    if (step.kind === 'send' && step.conn === conn) break
    if (!isHeardOf(conn)(step)) continue
    const responses = responsesOf(step)
    found.push(...responses.filter((response) => pipelined || !isEnd(response)))
    if (!pipelined && responses.some(isEnd)) break
  }
  return found
}

/** EXISTS and RECENT of the mailbox that is selected: a server may tell of new messages at any time. */
function news(ahead: readonly Step[], conn: number): Expected[] {
  const found: Expected[] = []
  for (const step of ahead) {
    if (
      step.kind === 'send' &&
      step.conn === conn &&
      step.pieces.some((piece) => 'text' in piece && FORGETS.test(piece.text))
    )
      break
    if (!isHeardOf(conn)(step)) continue
    const responses = responsesOf(step)
    if (responses.some((response) => / EXPUNGE$/i.test(headOf(response)))) break
    found.push(...responses.filter((response) => / (?:EXISTS|RECENT)$/i.test(headOf(response))))
  }
  return found
}
