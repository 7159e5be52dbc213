/** One session with its belief: sends a command, hears the answer, and holds it against what is believed. */
import type { ImapClient } from '../imap-world.js'
import { Belief, Contradiction, parseFetch, type Response } from './belief.js'
import type { Command } from './commands.js'

/** While these run, numbers are in use (RFC 3501 §7.4.1, RFC 5256 §3). */
const KEEPS_NUMBERS: ReadonlySet<string> = new Set(['FETCH', 'STORE', 'SEARCH', 'SORT', 'THREAD'])
const NUMBER_LISTS = /^(SEARCH|SORT|THREAD)\b(.*)$/
/** Turns of the event loop in which an answer must have come: threads of the store that only begin, on a busy machine, take a million. */
const TURNS = 5_000_000

export class Session {
  readonly name: string
  readonly #client: ImapClient
  readonly #log: (line: string) => void
  belief: Belief | null = null
  /** The tag of the IDLE that runs. */
  idling: string | null = null
  #tags = 0
  /** What has come and not been looked at: the answers to what was said behind a command come in one piece with its own. */
  #ahead = ''

  constructor(name: string, client: ImapClient, log: (line: string) => void) {
    this.name = name
    this.#client = client
    this.#log = log
  }

  /** Sends a command; the answer is heard by the function that comes back. */
  say(command: Command): () => Promise<readonly Response[]> {
    const hear = this.sayTogether([command])
    return async () => (await hear())[0] ?? []
  }

  /** Sends commands in one piece, none of which waits for the one before (RFC 3501 §5.5); their answers in their order. */
  sayTogether(commands: readonly Command[]): () => Promise<(readonly Response[])[]> {
    const stray = this.#ahead + this.#client.take()
    if (stray !== '') throw new Contradiction(`${this.name} was told out of turn: ${stray}`)
    const tagged = commands.map((command) => ({ command, tag: `${this.name}${++this.#tags}` }))
    for (const { command, tag } of tagged) this.#log(`${this.name} C: ${tag} ${command.text.split('\r\n')[0]}`)
    this.#client.send(tagged.map(({ command, tag }) => `${tag} ${command.text}\r\n`).join(''))
    return async () => {
      const answers: (readonly Response[])[] = []
      for (const { command, tag } of tagged) {
        this.#expectOwn(command)
        answers.push(await (command.name === 'IDLE' ? this.#startIdle(tag) : this.#hear(tag, command)))
      }
      if (this.#ahead !== '') throw new Contradiction(`more behind the last completion: ${this.#ahead}`)
      return answers
    }
  }

  /** What an IDLE that runs was told so far. */
  overhear(): void {
    this.#ahead += this.#client.take()
    const whole = this.#ahead.lastIndexOf('\r\n') + 2
    if (whole > 1) for (const response of this.#responses(this.#cut(whole))) this.#believe(response, true)
  }

  done(): () => Promise<readonly Response[]> {
    const tag = this.idling
    if (tag === null) throw new Error('no IDLE runs')
    this.idling = null
    this.overhear()
    this.#log(`${this.name} C: DONE`)
    this.#client.send('DONE\r\n')
    return () => this.#hear(tag, { text: '', name: 'IDLE' })
  }

  async #startIdle(tag: string): Promise<readonly Response[]> {
    const { before } = await this.#line(/^\+ .*\r\n/m)
    for (const response of this.#responses(before)) this.#believe(response, true)
    this.idling = tag
    this.overhear()
    return []
  }

  async #hear(tag: string, command: Command): Promise<readonly Response[]> {
    const { before: text, line: completion } = await this.#line(new RegExp(`^${tag} .*\r\n`, 'm'))
    const before = this.belief
    if (command.opens !== undefined) this.belief = new Belief(command.opens.readOnly)
    const responses = [...this.#responses(text)]
    for (const response of responses) this.#believe(response, !KEEPS_NUMBERS.has(command.name))
    this.#log(`${this.name} S: ${completion.trim()}`)
    this.#complete(command, completion.slice(tag.length + 1).trim(), responses, before)
    return [...responses, { text: completion, literals: [] }]
  }

  /** Waits for a line; what is behind it stays ahead. */
  async #line(pattern: RegExp): Promise<{ before: string; line: string }> {
    for (;;) {
      const found = pattern.exec(this.#ahead)
      if (found !== null) return { before: this.#cut(found.index), line: this.#cut(found[0].length) }
      this.#ahead += await this.#client.until(/./s, TURNS)
    }
  }

  #cut(length: number): string {
    const text = this.#ahead.slice(0, length)
    this.#ahead = this.#ahead.slice(length)
    return text
  }

  /**
   * A silent STORE is done for the client once it is sent, and what was said before it is answered: what the server says
   * from then on counts more. A message without a known UID may be one of those that UID STORE names.
   */
  #expectOwn({ name, store, set }: Command): void {
    const { belief } = this
    if (belief === null || store === undefined || set === undefined || !store.silent || belief.readOnly) return
    for (const [at, message] of belief.messages.entries()) {
      const named = name === 'STORE' ? at + 1 : message.uid
      if (named === null) message.flags = null
      else if (set.includes(named)) belief.store(message, store.sign, store.flags)
    }
  }

  #complete(command: Command, completion: string, responses: readonly Response[], before: Belief | null): void {
    const writes = ['STORE', 'EXPUNGE', 'MOVE'].includes(command.name.replace('UID ', ''))
    const refused = writes && before?.readOnly === true
    const wanted = refused ? /^NO \[READ-ONLY\]/ : /^(OK|NO \[EXPUNGEISSUED\])/
    if (!wanted.test(completion)) throw new Contradiction(`${command.text} → ${completion}`)
    if (command.name === 'CLOSE' || command.name === 'UNSELECT') this.belief = null
    this.belief?.selected()
    if (completion.startsWith('OK') && command.name === 'FETCH') this.#demandAll(command, responses)
  }

  /** Every message that was asked for was answered. */
  #demandAll({ text, set = [] }: Command, responses: readonly Response[]): void {
    const fetched = responses.flatMap((response) => parseFetch(response) ?? [])
    for (const seq of set) {
      const own = fetched.filter((one) => one.seq === seq)
      if (own.length === 0) throw new Contradiction(`${text}: no answer for ${seq}`)
      if (/\bUID\b/.test(text) && own.every(({ uid }) => uid === null))
        throw new Contradiction(`${text}: no UID of ${seq}`)
    }
  }

  #believe(response: Response, mayExpunge: boolean): void {
    this.#log(`${this.name} S: * ${response.text}`)
    if (this.belief === null && /^\d+ /.test(response.text))
      throw new Contradiction(`nothing is selected: ${response.text}`)
    this.belief?.hear(response, { mayExpunge })
    const list = NUMBER_LISTS.exec(response.text)?.[2]?.match(/\d+/g)
    if (list !== undefined && list !== null && new Set(list).size !== list.length)
      throw new Contradiction(`a message twice: ${response.text}`)
  }

  /** Cuts what came into untagged responses. */
  *#responses(text: string): Generator<Response> {
    for (let at = 0; at < text.length; ) {
      let line = ''
      const literals: string[] = []
      for (;;) {
        const end = text.indexOf('\r\n', at)
        if (end === -1) throw new Contradiction(`half a line: ${text.slice(at)}`)
        const part = text.slice(at, end)
        line += part
        at = end + 2
        const size = /\{(\d+)\}$/.exec(part)?.[1]
        if (size === undefined) break
        literals.push(text.slice(at, at + Number(size)))
        at += Number(size)
      }
      if (!line.startsWith('* ')) throw new Contradiction(`no untagged response: ${line}`)
      yield { text: line.slice(2), literals }
    }
  }
}
