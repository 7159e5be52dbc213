/**
 * Hosts of a small internet on loopback: each speaks SMTP and does what its character and the names of recipients say.
 * What was taken on is counted at the moment at which the 250 leaves.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Dice } from '../dice.js'

/** Where in a session something happens. */
export type Stage = 'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'content'

/** drop: closes without a word. stall: says nothing any more. garbage: says what is no reply. A number: says that. */
export type Mishap = 'drop' | 'stall' | 'garbage' | number

export interface Character {
  /** What goes wrong at a stage this time; null: nothing. */
  readonly mishap: (stage: Stage, dice: Dice) => Mishap | null
  /** EHLO keywords besides STARTTLS; null: it knows HELO alone. */
  readonly keywords: readonly string[] | null
  /** refused: it offers STARTTLS and says 454. broken: the handshake fails. */
  readonly tls: 'none' | 'refused' | 'broken'
  /** How many connections at once; others hear 421. */
  readonly connections: number
  /** Milliseconds that it thinks before each reply. */
  readonly thinks: number
}

const usual: Character = {
  mishap: () => null,
  keywords: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 10485760', 'DSN'],
  tls: 'none',
  connections: 1000,
  thinks: 0,
}

/** Something goes wrong at any stage, every few times. */
function moody(stage: Stage, dice: Dice): Mishap | null {
  if (!dice.once(20)) return null
  // Behind the end of a message a drop would leave everybody in doubt: that is not what is counted here.
  if (stage === 'content') return 451
  return dice.pick(['drop', 'stall', 'garbage', 421, ...(stage === 'greeting' ? [] : [450])])
}

export const characters: { readonly [name: string]: Character } = {
  good: usual,
  moody: { ...usual, mishap: moody },
  'tls-refused': { ...usual, tls: 'refused' },
  'tls-broken': { ...usual, tls: 'broken' },
  old: { ...usual, keywords: null },
  plain: { ...usual, keywords: [] },
  slow: { ...usual, thinks: 5, connections: 2 },
  chunking: { ...usual, keywords: ['PIPELINING', 'CHUNKING', 'BINARYMIME', '8BITMIME'] },
}

/** What the names of recipients mean: the part in front of the first `-`. */
function verdict(recipient: string, tries: number, dice: Dice): number {
  const name = recipient.split('-')[0]
  if (name === 'nobody') return 550
  if (name === 'grey') return tries < 2 ? 450 : 250
  if (name === 'never') return 451
  return name === 'often' && dice.once(3) ? 452 : 250
}

/** What the hosts took on, together. */
export class Taken {
  /** How often, by `id recipient`. */
  readonly counts = new Map<string, number>()
  /** How often a recipient of a message was asked for. */
  readonly tries = new Map<string, number>()
  transactions = 0
  connections = 0

  take(id: string, recipients: readonly string[]): void {
    this.transactions++
    for (const recipient of recipients) {
      const key = `${id} ${recipient}`
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    }
  }

  tried(recipient: string): number {
    const before = this.tries.get(recipient) ?? 0
    this.tries.set(recipient, before + 1)
    return before
  }
}

export interface Sink {
  readonly port: number
  close(): Promise<void>
}

/** @param port 0: any */
export async function startSink(
  character: Character,
  taken: Taken,
  dice: Dice,
  { address = '127.0.0.1', port = 0 }: { readonly address?: string; readonly port?: number } = {},
): Promise<Sink> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    taken.connections++
    new SinkSession(socket, character, taken, dice, sockets.size > character.connections).start()
  })
  server.listen(port, address)
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    port: bound.port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const GARBAGE = '\0\xff what? \r\n2 5 0\r\n'

interface Chunk {
  left: number
  readonly last: boolean
  readonly refused: boolean
}

class SinkSession {
  readonly #socket: Socket
  readonly #character: Character
  readonly #taken: Taken
  readonly #dice: Dice
  readonly #tooMany: boolean
  #text = ''
  /** Octets of a chunk that are still to come; null: none. */
  #chunk: Chunk | null = null
  #inContent = false
  #content = ''
  #recipients: string[] = []
  #hasSender = false
  #silent = false
  #answering: Promise<void> = Promise.resolve()

  constructor(socket: Socket, character: Character, taken: Taken, dice: Dice, tooMany: boolean) {
    this.#socket = socket
    this.#character = character
    this.#taken = taken
    this.#dice = dice
    this.#tooMany = tooMany
  }

  start(): void {
    this.#socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.#answering = this.#answering.then(() => this.#consume())
    })
    if (this.#tooMany) this.#socket.end('421 4.3.2 Too many connections\r\n')
    else if (this.#fits('greeting')) this.#say('220 sink.test ESMTP')
  }

  /** Does what goes wrong at this stage. @returns whether nothing did */
  #fits(stage: Stage): boolean {
    const mishap = this.#character.mishap(stage, this.#dice)
    if (mishap === null) return true
    if (mishap === 'stall') this.#silent = true
    else if (mishap === 'drop') this.#socket.destroy()
    else if (mishap === 'garbage') this.#socket.end(Buffer.from(GARBAGE, 'latin1'))
    else if (mishap === 421) this.#socket.end(`${mishap} 4.3.2 Not now\r\n`)
    else this.#say(`${mishap} 4.0.0 Something is wrong at ${stage}`)
    return false
  }

  #say(line: string): void {
    if (this.#socket.writable) this.#socket.write(`${line}\r\n`)
  }

  async #consume(): Promise<void> {
    for (;;) {
      if (this.#socket.destroyed || this.#silent) return
      if (this.#chunk !== null) {
        if (!this.#takeChunk(this.#chunk)) return
      } else if (this.#inContent) {
        if (!this.#takeContent()) return
      } else {
        const end = this.#text.indexOf('\r\n')
        if (end === -1) return
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        if (this.#character.thinks > 0) await new Promise((done) => setTimeout(done, this.#character.thinks))
        this.#command(line)
      }
    }
  }

  /** @returns whether all of it was there */
  #takeContent(): boolean {
    const end = `\r\n${this.#text}`.indexOf('\r\n.\r\n')
    if (end === -1) return false
    this.#content = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 3)
    this.#inContent = false
    this.#finish()
    return true
  }

  #takeChunk(chunk: Chunk): boolean {
    const piece = this.#text.slice(0, chunk.left)
    this.#text = this.#text.slice(piece.length)
    this.#content += piece
    chunk.left -= piece.length
    if (chunk.left > 0) return false
    this.#chunk = null
    if (chunk.refused) this.#say('503 5.5.1 No recipients')
    else if (chunk.last) this.#finish()
    else this.#say('250 2.0.0 Chunk taken')
    return true
  }

  #finish(): void {
    const id = /^X-Id: (\S+)/m.exec(this.#content)?.[1] ?? 'unknown'
    const recipients = this.#recipients
    const takes = this.#fits('content')
    this.#reset()
    if (!takes) return
    this.#taken.take(id, recipients)
    this.#say('250 2.0.0 Taken')
  }

  #reset(): void {
    this.#hasSender = false
    this.#recipients = []
    this.#content = ''
  }

  #command(line: string): void {
    const reply = this.#replyTo(line)
    if (reply !== null) this.#say(reply)
  }

  /** null: nothing is said, or it has been. */
  #replyTo(line: string): string | null {
    const verb = line.split(' ')[0]?.toUpperCase() ?? ''
    if (verb === 'EHLO') return this.#ehlo()
    if (verb === 'STARTTLS') return this.#startTls()
    if (verb === 'MAIL') return this.#mail()
    if (verb === 'RCPT') return this.#rcpt(line)
    if (verb === 'DATA') return this.#data()
    if (verb === 'BDAT') return this.#bdat(line)
    if (verb === 'QUIT') {
      this.#socket.end('221 2.0.0 Bye\r\n')
      return null
    }
    if (!['HELO', 'RSET', 'NOOP'].includes(verb)) return '500 5.5.1 What?'
    this.#reset()
    return '250 2.0.0 Fine'
  }

  #ehlo(): string | null {
    const { keywords, tls } = this.#character
    if (!this.#fits('EHLO')) return null
    if (keywords === null) return '502 5.5.1 No EHLO here'
    const lines = ['sink.test', ...(tls === 'none' ? [] : ['STARTTLS']), ...keywords]
    return lines.map((word, i) => `250${i < lines.length - 1 ? '-' : ' '}${word}`).join('\r\n')
  }

  #startTls(): string {
    const { tls } = this.#character
    if (tls === 'none') return '502 5.5.1 No TLS here'
    if (tls === 'refused') return '454 4.7.0 No TLS now'
    this.#silent = true
    this.#socket.once('data', () => this.#socket.end(Buffer.from(GARBAGE, 'latin1')))
    return '220 2.0.0 Go on'
  }

  #mail(): string | null {
    if (!this.#fits('MAIL')) return null
    this.#hasSender = true
    return '250 2.1.0 Sender fine'
  }

  #rcpt(line: string): string | null {
    if (!this.#hasSender) return '503 5.5.1 MAIL first'
    if (!this.#fits('RCPT')) return null
    const recipient = /<([^>]*)>/.exec(line)?.[1] ?? ''
    const code = verdict(recipient, this.#taken.tried(recipient), this.#dice)
    if (code !== 250) return `${code} ${code < 500 ? '4' : '5'}.1.1 <${recipient}> not taken`
    this.#recipients.push(recipient)
    return '250 2.1.5 Fine'
  }

  #data(): string | null {
    if (this.#recipients.length === 0) return '554 5.5.1 No recipients'
    if (!this.#fits('DATA')) {
      this.#reset()
      return null
    }
    this.#inContent = true
    return '354 Go on'
  }

  #bdat(line: string): null {
    const [, size = '0', last] = /^BDAT (\d+)( LAST)?/i.exec(line) ?? []
    this.#chunk = { left: Number(size), last: last !== undefined, refused: this.#recipients.length === 0 }
    return null
  }
}
