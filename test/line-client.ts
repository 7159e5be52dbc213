/** A client on a real socket that talks line by line: for tests of what a server says. */
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export class LineClient {
  readonly #socket: Socket
  #received = ''
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#wake()
    })
    for (const end of ['end', 'close', 'error'])
      socket.on(end, () => {
        this.#ended = true
        this.#wake()
      })
  }

  static connect(port: number, host = '127.0.0.1'): LineClient {
    return new LineClient(connectTcp({ port, host }))
  }

  static connectPath(path: string): LineClient {
    return new LineClient(connectTcp(path))
  }

  static secure(port: number, options: ConnectionOptions = {}): LineClient {
    return new LineClient(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }))
  }

  /** TLS behind a line in clear, in one go. */
  static secureBehind(line: string, port: number): LineClient {
    const socket = connectTcp({ port, host: '127.0.0.1' })
    socket.cork()
    socket.write(`${line}\r\n`)
    const client = new LineClient(connectTls({ socket, rejectUnauthorized: false }))
    socket.once('connect', () => setImmediate(() => socket.uncork()))
    return client
  }

  /** The next line without its CRLF; null when the server has closed. */
  async line(): Promise<string | null> {
    for (;;) {
      const at = this.#received.indexOf('\r\n')
      if (at !== -1) {
        const line = this.#received.slice(0, at)
        this.#received = this.#received.slice(at + 2)
        return line
      }
      if (this.#ended) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Lines up to and with the first that begins with `start`. */
  async until(start: string): Promise<readonly string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.line()
      if (line === null) throw new Error(`closed before "${start}": ${lines.join(' | ')}`)
      lines.push(line)
      if (line.startsWith(start)) return lines
    }
  }

  send(...lines: string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** Octets as they are. */
  write(octets: Uint8Array): void {
    this.#socket.write(octets)
  }

  /** Closes our side. */
  end(): void {
    this.#socket.end()
  }

  /** Everything that the server says until it closes. */
  async rest(): Promise<readonly string[]> {
    const lines: string[] = []
    for (let line = await this.line(); line !== null; line = await this.line()) lines.push(line)
    return lines
  }

  close(): void {
    this.#socket.destroy()
  }
}
