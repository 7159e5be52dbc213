/** An IMAP client for what is done between transcripts: one command after the other, each answered OK, NO or BAD. */
import type { Client } from './client.js'
import type { OctetString } from './transcript.js'

/** A command: text, and literals in between. */
export type Command = readonly (OctetString | Buffer)[]

export interface Answer {
  readonly ok: boolean
  /** The tagged line without its tag. */
  readonly said: OctetString
  readonly untagged: readonly OctetString[]
}

/** A name, password or mailbox as any server reads it: quoted where it can be, else a literal. `text` is in octets. */
export function astring(text: OctetString): OctetString | Buffer {
  if (!/^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/.test(text)) return Buffer.from(text, 'latin1')
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Text as the octets of its UTF-8. */
export const octetsOf = (text: string): OctetString => Buffer.from(text, 'utf8').toString('latin1')

/** For a server that does not do what every transcript needs of it. */
export class ErrandError extends Error {}

export class Errand {
  readonly #client: Client
  readonly #arrival: (client: Client) => Promise<void>
  #tag = 0

  /** `arrival` resolves when there is a response, or will be none. */
  constructor(client: Client, arrival: (client: Client) => Promise<void>) {
    this.#client = client
    this.#arrival = arrival
  }

  /** @throws ErrandError when the server does not greet */
  async greeting(): Promise<OctetString> {
    const line = await this.#line('the greeting')
    if (!/^\* OK/i.test(line)) throw new ErrandError(`the server greets with ${line}`)
    return line
  }

  /** @throws ErrandError when no answer comes */
  async ask(...command: Command): Promise<Answer> {
    const tag = `e${++this.#tag}`
    const untagged: OctetString[] = []
    const refused = await this.#send([`${tag} `, ...command], tag, untagged)
    for (let line = refused; ; line = null) {
      line ??= await this.#line(commandName(command))
      if (!line.startsWith(`${tag} `)) untagged.push(line)
      else return { ok: /^OK\b/i.test(line.slice(tag.length + 1)), said: line.slice(tag.length + 1), untagged }
    }
  }

  /** @throws ErrandError when the answer is not OK */
  async must(...command: Command): Promise<Answer> {
    const answer = await this.ask(...command)
    if (!answer.ok) throw new ErrandError(`before the transcript, ${commandName(command)} was answered ${answer.said}`)
    return answer
  }

  /** @returns the tagged line that came instead of the "+" for a literal, or null */
  async #send(command: Command, tag: string, untagged: OctetString[]): Promise<OctetString | null> {
    let text = ''
    for (const piece of command) {
      if (typeof piece === 'string') {
        text += piece
        continue
      }
      this.#write(`${text}{${piece.length}}\r\n`)
      for (let line = ''; !line.startsWith('+'); ) {
        line = await this.#line(commandName(command))
        if (line.startsWith(`${tag} `)) return line
        if (!line.startsWith('+')) untagged.push(line)
      }
      text = piece.toString('latin1')
    }
    this.#write(`${text}\r\n`)
    return null
  }

  #write(octets: OctetString): void {
    this.#client.write(Buffer.from(octets, 'latin1'))
  }

  async #line(what: string): Promise<OctetString> {
    if (this.#client.peek() === null) await this.#arrival(this.#client)
    const line = this.#client.take()
    if (line === null) throw new ErrandError(`before the transcript, nothing came for ${what}`)
    return line
  }
}

/** Without its arguments: they may be passwords. */
const commandName = (command: Command): string =>
  /^(?:e\d+ )?(\S+)/.exec(command.find((piece) => typeof piece === 'string') ?? '')?.[1] ?? 'a command'
