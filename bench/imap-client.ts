/** The client side of IMAP, as little as a load generator and a test need: tags, lines and literals, nothing understood. */
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectionLost } from './smtp-client.js'

export interface ImapAnswer {
  /** OK, NO or BAD. */
  readonly status: string
  /** What follows the status. */
  readonly text: string
  /** The untagged responses since the command, without CRLF, literals in place (latin1: a char is an octet). */
  readonly untagged: readonly string[]
}

interface Waiting {
  readonly until: string
  readonly resolve: (answer: ImapAnswer) => void
  readonly reject: (error: Error) => void
}

const LITERAL = /\{(\d+)\}$/

export class ImapClient {
  readonly #socket: Socket
  #chunks: Buffer = Buffer.alloc(0)
  #response = ''
  /** Octets of a literal that comes next; null: none does. */
  #literal: number | null = null
  #untagged: string[] = []
  #waiting: Waiting | null = null
  #lost: Error | null = null
  #tag = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#lost = new ConnectionLost('the server closed the connection')
      this.#waiting?.reject(this.#lost)
    })
  }

  /** Resolves with the greeting already read. TLS accepts any certificate: the peer is a server under test. */
  static async connect(port: number, { tls = true, host = '127.0.0.1' } = {}): Promise<ImapClient> {
    const socket = tls
      ? connectTls({ port, host, rejectUnauthorized: false })
      : connectSocket({ port, host, noDelay: true })
    const client = new ImapClient(socket)
    await client.#until('*')
    client.#untagged = []
    return client
  }

  /** Untagged responses that came outside of a command or have not been handed out. */
  get unsolicited(): readonly string[] {
    return this.#untagged
  }

  /** Sends `text` behind a tag and resolves with the completion. @throws ConnectionLost */
  command(text: string): Promise<ImapAnswer> {
    const tag = `t${++this.#tag}`
    this.#socket.write(`${tag} ${text}\r\n`, 'latin1')
    return this.#until(tag)
  }

  /** APPEND of one message by a synchronising literal. */
  async append(mailbox: string, message: Buffer): Promise<ImapAnswer> {
    const tag = `t${++this.#tag}`
    this.#socket.write(`${tag} APPEND ${mailbox} {${message.length}}\r\n`)
    const go = await this.#until('+', tag)
    if (go.status !== '+') return go
    this.#socket.write(message)
    this.#socket.write('\r\n')
    return this.#until(tag)
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#socket.pause()
  }

  /** Sends octets as they are. */
  write(octets: Uint8Array | string): void {
    this.#socket.write(octets)
  }

  /** Resolves with the next completion of `tag`, or of `other`; '+' and '*' stand for any line that begins so. */
  #until(tag: string, other = tag): Promise<ImapAnswer> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      this.#waiting = { until: `${tag}\n${other}`, resolve, reject }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#chunks = this.#chunks.length === 0 ? chunk : Buffer.concat([this.#chunks, chunk])
    while (this.#step()) {}
  }

  #step(): boolean {
    if (this.#literal !== null) {
      if (this.#chunks.length < this.#literal) return false
      this.#response += this.#drop(this.#literal)
      this.#literal = null
    }
    const end = this.#chunks.indexOf('\r\n')
    if (end === -1) return false
    const text = this.#drop(end + 2).slice(0, -2)
    this.#response += text
    const size = LITERAL.exec(text)?.[1]
    if (size !== undefined) {
      this.#literal = Number(size)
      this.#response += '\r\n'
      return true
    }
    const response = this.#response
    this.#response = ''
    this.#line(response)
    return true
  }

  #line(line: string): void {
    const [first = '', status = '', ...rest] = line.split(' ')
    const waited = this.#waiting?.until.split('\n') ?? []
    if (first === '*') this.#untagged.push(line)
    if (!waited.includes(first)) return
    const { resolve } = this.#waiting as Waiting
    this.#waiting = null
    resolve({ status: first === '+' ? '+' : status, text: rest.join(' '), untagged: this.#untagged.splice(0) })
  }

  #drop(n: number): string {
    const text = this.#chunks.toString('latin1', 0, n)
    this.#chunks = this.#chunks.subarray(n)
    return text
  }
}
