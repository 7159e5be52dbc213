/** One session with its belief: sends a command, hears the answer, and holds it against what is believed. */
import type { ImapClient } from '../imap-world.js'
import { Belief, Contradiction, parseFetch, type Response } from './belief.js'
import type { Command } from './commands.js'

/** While these run, numbers are in use (RFC 3501 §7.4.1, RFC 5256 §3). */
const KEEPS_NUMBERS: ReadonlySet<string> = new Set(['FETCH', 'STORE', 'SEARCH', 'SORT', 'THREAD'])
const NUMBER_LISTS = /^(SEARCH|SORT|THREAD)\b(.*)$/
/** Turns of the event loop in which an answer must have come. */
const TURNS = 200_000

export class Session {
  readonly name: string
  readonly #client: ImapClient
  readonly #log: (line: string) => void
  belief: Belief | null = null
  /** The tag of the IDLE that runs. */
  idling: string | null = null
  #tags = 0

  constructor(name: string, client: ImapClient, log: (line: string) => void) {
    this.name = name
    this.#client = client
    this.#log = log
  }

  /** Sends a command; the answer is heard by the function that comes back. */
  say(command: Command): () => Promise<readonly Response[]> {
    const tag = `${this.name}${++this.#tags}`
    const stray = this.#client.take()
    if (stray !== '') throw new Contradiction(`${this.name} was told out of turn: ${stray}`)
    this.#say(`${tag} ${command.text}`)
    this.#expectOwn(command)
    if (command.name === 'IDLE') return () => this.#startIdle(tag)
    return () => this.#hear(tag, command)
  }

  /** What an IDLE that runs was told so far. */
  overhear(): void {
    for (const response of this.#responses(this.#client.take())) this.#believe(response, true)
  }

  done(): () => Promise<readonly Response[]> {
    const tag = this.idling
    if (tag === null) throw new Error('no IDLE runs')
    this.idling = null
    this.overhear()
    this.#say('DONE')
    return () => this.#hear(tag, { text: '', name: 'IDLE' })
  }

  #say(line: string): void {
    this.#log(`${this.name} C: ${line.split('\r\n')[0]}`)
    this.#client.send(`${line}\r\n`)
  }

  async #startIdle(tag: string): Promise<readonly Response[]> {
    const text = await this.#client.until(/^\+ .*\r\n/m, TURNS)
    const at = text.indexOf('+ ')
    for (const response of this.#responses(text.slice(0, at))) this.#believe(response, true)
    for (const response of this.#responses(text.slice(text.indexOf('\r\n', at) + 2))) this.#believe(response, true)
    this.idling = tag
    return []
  }

  async #hear(tag: string, command: Command): Promise<readonly Response[]> {
    const text = await this.#client.until(new RegExp(`^${tag} .*\r\n`, 'm'), TURNS)
    const at = text.search(new RegExp(`^${tag} `, 'm'))
    const completion = text.slice(at)
    if (completion.indexOf('\r\n') !== completion.length - 2) throw new Contradiction(`more behind ${completion}`)
    const before = this.belief
    if (command.opens !== undefined) this.belief = new Belief(command.opens.readOnly)
    const responses = [...this.#responses(text.slice(0, at))]
    for (const response of responses) this.#believe(response, !KEEPS_NUMBERS.has(command.name))
    this.#log(`${this.name} S: ${completion.trim()}`)
    this.#complete(command, completion.slice(tag.length + 1).trim(), responses, before)
    return [...responses, { text: completion, literals: [] }]
  }

  /**
   * A silent STORE is done for the client once it is sent: what the server says from then on counts more. A message
   * without a known UID may be one of those that UID STORE names.
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
