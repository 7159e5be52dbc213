/** The client side of SMTP, as little as a load generator and a test need: cheap, so that the server is what is measured. */
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

export interface ClientReply {
  readonly code: number
  /** The text of each line, without code and separator. */
  readonly lines: readonly string[]
}

/** The connection ended while a reply was awaited. */
export class ConnectionLost extends Error {}

const REPLY_LINE = /^(\d{3})([ -]?)(.*)$/

export class SmtpClient {
  #socket: Socket
  #text = ''
  #lines: string[] = []
  #replies: ClientReply[] = []
  #waiting: { resolve: (reply: ClientReply) => void; reject: (error: Error) => void }[] = []
  #lost: Error | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  /** Connects and resolves with the greeting already read. @throws ConnectionLost */
  static async connect(port: number, host = '127.0.0.1'): Promise<SmtpClient> {
    const socket = connectSocket({ port, host, noDelay: true })
    const client = new SmtpClient(socket)
    await client.reply()
    return client
  }

  /** The next reply. @throws ConnectionLost */
  reply(): Promise<ClientReply> {
    const ready = this.#replies.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#lost !== null) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  command(line: string): Promise<ClientReply> {
    this.#socket.write(`${line}\r\n`, 'latin1')
    return this.reply()
  }

  /** Octets as they are; resolves when the socket takes more. @throws ConnectionLost */
  async write(octets: Uint8Array | string): Promise<void> {
    if (this.#lost !== null) throw this.#lost
    if (this.#socket.write(octets)) return
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#socket.off('drain', settle).off('close', settle)
        resolve()
      }
      this.#socket.on('drain', settle).on('close', settle)
    })
  }

  /** STARTTLS, any certificate accepted: the peer is a server under test. */
  async startTls(): Promise<void> {
    await this.command('STARTTLS')
    this.#socket.removeAllListeners('data')
    const secure: TLSSocket = connectTls({ socket: this.#socket, rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
    this.#socket = secure
    this.#listen(secure)
  }

  close(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#lost = new ConnectionLost('the server closed the connection')
      for (const { reject } of this.#waiting.splice(0)) reject(this.#lost)
    })
  }

  #take(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('\r\n'); end !== -1; end = this.#text.indexOf('\r\n')) {
      this.#line(this.#text.slice(0, end))
      this.#text = this.#text.slice(end + 2)
    }
  }

  #line(line: string): void {
    const [, code, separator, text = ''] = REPLY_LINE.exec(line) ?? []
    this.#lines.push(text)
    if (separator === '-') return
    const reply = { code: Number(code), lines: this.#lines }
    this.#lines = []
    const next = this.#waiting.shift()
    if (next === undefined) this.#replies.push(reply)
    else next.resolve(reply)
  }
}
