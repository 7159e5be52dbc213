/** An IMAP client that keeps nothing of what it is told: it counts responses and octets, so that the server is what is measured. */
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { ConnectionLost } from './smtp-client.js'

export interface ImapServer {
  readonly host: string
  readonly port: number
  /** From the first octet on, by STARTTLS, or not at all. Any certificate is accepted: the peer is under test. */
  readonly tls: 'implicit' | 'starttls' | 'none'
}

/** What came between a command and its completion. */
export interface Counted {
  /** OK, NO or BAD. */
  readonly status: string
  readonly text: string
  /** Untagged responses. */
  readonly responses: number
  readonly octets: number
}

const LF = 10
const LITERAL = /\{(\d+)\}$/
/** A line is looked at as far as its end and its first words go. */
const LOOKED_AT = 8192

/** Cuts a stream into responses, whatever it arrives in. */
export class ResponseCounter {
  /** Octets of a literal that are still to come. */
  #literal = 0
  /** The line so far; it goes on behind a literal. */
  #line = ''
  #isStart = true
  #first = ''
  readonly #ended: (line: string) => void

  /** `ended` is told of the first line of each response when all of the response is there. */
  constructor(ended: (line: string) => void) {
    this.#ended = ended
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const skipped = Math.min(this.#literal, chunk.length - at)
      this.#literal -= skipped
      at += skipped
      if (at < chunk.length) at = this.#text(chunk, at)
    }
  }

  #text(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at)
    const to = end === -1 ? chunk.length : end + 1
    this.#line += chunk.toString('latin1', Math.max(at, to - LOOKED_AT), to)
    if (end === -1) return to
    const line = this.#line.replace(/\r?\n$/, '')
    this.#line = ''
    if (this.#isStart) this.#first = line
    const size = LITERAL.exec(line)?.[1]
    this.#isStart = size === undefined
    if (size === undefined) this.#ended(this.#first)
    else this.#literal = Number(size)
    return to
  }
}

interface Waiting {
  readonly isIt: (line: string) => boolean
  readonly resolve: (line: string) => void
  readonly reject: (error: Error) => void
}

export class ImapCounter {
  #socket: Socket
  #counter = new ResponseCounter((line) => this.#response(line))
  #waiting: Waiting | null = null
  #lost: Error | null = null
  #tag = 0
  #responses = 0
  #octets = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  /** Resolves with the greeting read and TLS begun. @throws ConnectionLost */
  static async connect({ host, port, tls }: ImapServer): Promise<ImapCounter> {
    const client = new ImapCounter(
      tls === 'implicit'
        ? connectTls({ host, port, rejectUnauthorized: false })
        : connectSocket({ host, port, noDelay: true }),
    )
    await client.next((line) => line.startsWith('* '))
    if (tls === 'starttls') await client.#startTls()
    return client
  }

  async #startTls(): Promise<void> {
    await this.command('STARTTLS')
    this.#socket.removeAllListeners('data')
    const secure: TLSSocket = connectTls({ socket: this.#socket, rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
    this.#socket = secure
    this.#listen(secure)
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk) => {
      this.#octets += chunk.length
      this.#counter.push(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#lost = new ConnectionLost('the server closed the connection')
      this.#waiting?.reject(this.#lost)
    })
  }

  #response(line: string): void {
    if (line.startsWith('* ')) this.#responses++
    if (this.#waiting?.isIt(line) !== true) return
    const { resolve } = this.#waiting
    this.#waiting = null
    resolve(line)
  }

  /** The first line of the next response for which `isIt`; others are counted and forgotten. @throws ConnectionLost */
  next(isIt: (line: string) => boolean): Promise<string> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      this.#waiting = { isIt, resolve, reject }
    })
  }

  /** Sends octets as they are. */
  write(octets: Uint8Array | string): void {
    this.#socket.write(octets)
  }

  /** @throws ConnectionLost */
  async command(text: string): Promise<Counted> {
    const tag = `c${++this.#tag}`
    this.write(`${tag} ${text}\r\n`)
    return this.#completion(tag)
  }

  /** APPEND of one message; waits for the server to ask for its octets. @throws ConnectionLost */
  async append(mailbox: string, message: string): Promise<Counted> {
    const tag = `c${++this.#tag}`
    this.write(`${tag} APPEND ${mailbox} {${Buffer.byteLength(message)}}\r\n`)
    const line = await this.next((text) => text.startsWith('+') || text.startsWith(`${tag} `))
    if (!line.startsWith('+')) return this.#counted(line)
    this.write(`${message}\r\n`)
    return this.#completion(tag)
  }

  async #completion(tag: string): Promise<Counted> {
    return this.#counted(await this.next((line) => line.startsWith(`${tag} `)))
  }

  #counted(line: string): Counted {
    const [, status = '', ...text] = line.split(' ')
    const counted = { status, text: text.join(' '), responses: this.#responses, octets: this.#octets }
    this.#responses = 0
    this.#octets = 0
    return counted
  }

  close(): void {
    this.#socket.destroy()
  }
}
