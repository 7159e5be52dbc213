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

  static secure(port: number, options: ConnectionOptions = {}): LineClient {
    return new LineClient(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }))
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
