/**
 * Random sessions on one mailbox, with mail that comes by SMTP and LMTP, and checkpoints at which all that is believed is
 * held against what the server says, against each other and against the store.
 */
import type { Store } from '../../src/store/store.js'
import { Dice } from '../dice.js'
import { World } from '../imap-world.js'
import { entriesOf } from '../store/fixtures.js'
import { type Belief, Contradiction, parseFetch } from './belief.js'
import { type Command, mayFollow, messageText, nextCommand } from './commands.js'
import { Postman } from './postman.js'
import { Session } from './session.js'

export interface Run {
  readonly seed: number
  readonly commands: number
  /** An empty one, other than the model. */
  readonly store?: Store | undefined
}

const ROUNDS_TO_CHECKPOINT = 25
/** Lines of the dialogue that a failure shows. */
const SHOWN = 60

/** @returns how many commands were given. @throws Error with the seed and the end of the dialogue */
export async function runSessions(run: Run): Promise<number> {
  const lines: string[] = []
  const log = (line: string): void => {
    lines.push(line)
    if (lines.length > 2 * SHOWN) lines.splice(0, SHOWN)
  }
  const party = await Party.create(run, log)
  try {
    return await party.run(run.commands)
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    const why = error instanceof Contradiction ? message : `${message}\n${stack}`
    const shownLines = [...lines.slice(-SHOWN), ...party.faults].join('\n')
    throw new Error(`seed ${run.seed}, command ${party.given}: ${why}\n${shownLines}`)
  }
}

class Party {
  given = 0
  readonly #world: World
  readonly #postman: Postman
  readonly #dice: Dice
  readonly #sessions: Session[]
  readonly #log: (line: string) => void
  /** What each UID of the INBOX is. */
  readonly #subjects = new Map<number, string>()
  /** UIDs below it are \Recent for no session that selects from now on. */
  #taken = 0
  /** The same, as it was when a session began to select. */
  readonly #takenBefore = new Map<Belief, number>()
  #made = 0

  private constructor(world: World, dice: Dice, sessions: Session[], log: (line: string) => void) {
    this.#world = world
    this.#postman = new Postman(world)
    this.#dice = dice
    this.#sessions = sessions
    this.#log = log
  }

  static async create({ seed, store }: Run, log: (line: string) => void): Promise<Party> {
    const dice = new Dice(seed)
    const world = await World.create({}, ['Sent'], undefined, store)
    const sessions: Session[] = []
    for (let i = 0; i < 3 + dice.roll(3); i++) {
      const name = 'abcde'[i] ?? 'x'
      sessions.push(new Session(name, await world.connect(), log))
    }
    return new Party(world, dice, sessions, log)
  }

  /** What the server has logged as its own fault. */
  get faults(): readonly string[] {
    return this.#world.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line))
  }

  async run(commands: number): Promise<number> {
    for (let round = 1; this.given < commands; round++) {
      await this.#round()
      if (round % ROUNDS_TO_CHECKPOINT === 0) await this.#checkpoint()
    }
    await this.#checkpoint()
    return this.given
  }

  /** Some sessions say something at the same time, and mail may come meanwhile. */
  async #round(): Promise<void> {
    const delivery = this.#dice.once(8) ? this.#deliver() : null
    const heard = this.#dice.some(this.#sessions).map((session) => this.#command(session))
    await Promise.all([...heard, delivery])
    for (const session of this.#sessions) if (session.idling !== null) session.overhear()
  }

  #deliver(): Promise<void> {
    const subject = this.#newSubject()
    this.#log(`X: ${subject} arrives`)
    return this.#postman.deliver(messageText(subject), this.#dice.pick(['smtp', 'lmtp']))
  }

  readonly #newSubject = (): string => `mail ${++this.#made}`

  async #command(session: Session): Promise<void> {
    if (session.idling !== null) {
      this.given++
      await session.done()()
      return
    }
    const next = (): Command => nextCommand(this.#dice, session.belief, this.#newSubject)
    const [first, second] = [next(), this.#dice.once(3) ? next() : null]
    await this.#give(session, second !== null && mayFollow(first, second) ? [first, second] : [first])
  }

  async #give(session: Session, commands: readonly Command[]): Promise<void> {
    this.given += commands.length
    const { belief: before } = session
    const taken = this.#taken
    const answers = await session.sayTogether(commands)()
    for (const [at, { subject }] of commands.entries()) {
      const uid = /\[APPENDUID \d+ (\d+)\]/.exec(answers[at]?.at(-1)?.text ?? '')?.[1]
      if (uid !== undefined && subject !== undefined) this.#name(Number(uid), subject)
    }
    if (session.belief === before) return
    if (before !== null && !before.readOnly) this.#taken = Math.max(this.#taken, ...before.uids.map((one) => one + 1))
    if (session.belief === null) return
    this.#takenBefore.set(session.belief, taken)
    if (!session.belief.readOnly) this.#taken = Math.max(this.#taken, session.belief.uidNext)
  }

  /** A UID is one message for ever. */
  #name(uid: number, subject: string): void {
    const known = this.#subjects.get(uid)
    if (known !== undefined && known !== subject) throw new Contradiction(`UID ${uid} was ${known}, and now ${subject}`)
    this.#subjects.set(uid, subject)
  }

  async #checkpoint(): Promise<void> {
    const idle = this.#sessions.filter(({ idling }) => idling !== null)
    await Promise.all(idle.map((session) => session.done()()))
    await Promise.all(this.#sessions.map((session) => session.say({ text: 'NOOP', name: 'NOOP' })()))
    const entries = await entriesOf(this.#world.store, this.#world.inbox)
    const flagNames = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft']
    const stored = entries.map(({ uid, system, keywords }) => {
      const flags = [...flagNames.filter((_, bit) => (system & (1 << bit)) !== 0), ...keywords]
      return `${uid}: ${flags.sort().join(' ')}`
    })
    for (const session of this.#sessions)
      if (session.belief !== null) await this.#check(session, session.belief, stored)
  }

  async #check(session: Session, belief: Belief, stored: readonly string[]): Promise<void> {
    if (belief.count !== stored.length)
      throw new Contradiction(`${session.name} knows of ${belief.count}, not ${stored.length}`)
    if (belief.count === 0) return
    const believed = belief.messages.map(({ uid, flags }) => ({ uid, flags }))
    const said = await session.say({ text: 'FETCH 1:* (UID FLAGS)', name: 'FETCH' })()
    const told = said.flatMap((response) => parseFetch(response) ?? [])
    if (told.map(({ seq }) => seq).join() !== believed.map((_, at) => at + 1).join())
      throw new Contradiction('FETCH 1:* does not give every message once')
    for (const [at, { uid, flags }] of believed.entries()) {
      const now = told[at]
      if (uid !== null && uid !== now?.uid) throw new Contradiction(`${at + 1} was believed to be ${uid}`)
      if (flags !== null && shown(flags) !== shown(now?.flags ?? new Set()))
        throw new Contradiction(`${at + 1} was believed to have ${shown(flags)}`)
    }
    const seen = told.map(({ uid, flags }) => `${uid}: ${shown(flags ?? new Set(), '\\Recent')}`)
    if (seen.join() !== stored.join()) throw new Contradiction(`the store has ${stored.join(', ')}`)
    this.#checkRecent(belief)
    await this.#checkNames(session, belief)
    await this.#checkLists(session, belief)
  }

  /** RFC 3501 §2.3.2, as docs/decisions/007-recent.md has it. */
  #checkRecent(belief: Belief): void {
    const recent = belief.messages.filter(({ flags }) => flags?.has('\\Recent'))
    const first = recent[0]?.uid ?? Number.POSITIVE_INFINITY
    if (belief.messages.some(({ uid, flags }) => Number(uid) >= first && flags?.has('\\Recent') !== true))
      throw new Contradiction('a message behind one that is \\Recent is not')
    if (first < (this.#takenBefore.get(belief) ?? 0))
      throw new Contradiction(`UID ${first} was \\Recent in a session before`)
    if (recent.length > belief.recent)
      throw new Contradiction(`${recent.length} are \\Recent, RECENT said ${belief.recent}`)
    if (belief.messages.some(({ isNew, flags }) => isNew && flags?.has('\\Recent') !== true))
      throw new Contradiction('a message that came meanwhile is not \\Recent')
  }

  async #checkNames(session: Session, belief: Belief): Promise<void> {
    await session.say({ text: 'UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]', name: 'UID FETCH' })()
    for (const { uid, subject } of belief.messages) {
      if (uid === null || subject === null) throw new Contradiction('a message has no UID, or no subject')
      this.#name(uid, subject)
    }
  }

  /** SEARCH, SORT and THREAD see what the client sees. */
  async #checkLists(session: Session, { messages }: Belief): Promise<void> {
    const flag = this.#dice.pick(['\\Seen', '\\Deleted', '\\Flagged', '\\Recent'])
    const wanted = messages.flatMap(({ flags }, at) => (flags?.has(flag) ? at + 1 : []))
    const all = messages.map((_, at) => at + 1)
    const asked = [
      [`SEARCH ${flag.slice(1).toUpperCase()}`, wanted],
      ['SORT (REVERSE SUBJECT) UTF-8 ALL', all],
      ['THREAD REFERENCES UTF-8 ALL', all],
      [`THREAD ORDEREDSUBJECT UTF-8 ${flag.slice(1).toUpperCase()}`, wanted],
    ] as const
    for (const [text, expected] of asked) {
      const name = text.split(' ')[0] ?? ''
      const responses = await session.say({ text, name })()
      const list = responses.find((response) => response.text.startsWith(name))?.text.match(/\d+/g) ?? []
      const numbers = list.map(Number).sort((a, b) => a - b)
      if (numbers.join() !== expected.join()) throw new Contradiction(`${text} should have found ${expected.join()}`)
    }
  }
}

const shown = (flags: ReadonlySet<string>, without = ''): string =>
  [...flags]
    .filter((flag) => flag !== without)
    .sort()
    .join(' ')
