/** One client of a transcript: sends octets in pieces, and takes what comes response by response. */
import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'
import type { OctetString } from './transcript.js'

/** `{42}` at the end of a line announces so many octets. */
const ANNOUNCES = /\{(\d+)\}$/

const EMPTY = Buffer.alloc(0)

export interface ClientOptions {
  readonly literals: boolean
  /** What TLS is begun with; without it, whom it talks to is not asked. */
  readonly handshake?: ConnectionOptions | undefined
}

export class Client {
  readonly #handshake: ConnectionOptions | undefined
  /** True: a line that announces a literal and what follows it are one response. */
  readonly #literals: boolean
  #stream: Duplex
  #received = ''
  #ended = false
  #onData: () => void = () => {}

  constructor(stream: Duplex, { literals, handshake }: ClientOptions) {
    this.#literals = literals
    this.#handshake = handshake
    this.#stream = stream
    this.#listen(stream)
  }

  /** The server has closed its side, and all that it said has been taken. */
  get closed(): boolean {
    return this.#ended && this.#received === ''
  }

  /** The server has closed its side. */
  get ended(): boolean {
    return this.#ended
  }

  /** It goes on in TLS, or did until its end. */
  get inTls(): boolean {
    return this.#stream instanceof TLSSocket
  }

  /** What the TLS channel is bound to (RFC 9266), or null in clear. */
  get exporter(): Buffer | null {
    const stream = this.#stream
    return stream instanceof TLSSocket ? stream.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', EMPTY) : null
  }

  /** The other binding (RFC 5929 §4), of a certificate that is signed with SHA-256 or less; null in clear. */
  get endPoint(): Buffer | null {
    const stream = this.#stream
    return stream instanceof TLSSocket ? createHash('sha256').update(stream.getPeerCertificate().raw).digest() : null
  }

  /** All that has come and was not taken. */
  get waiting(): OctetString {
    return this.#received
  }

  /** Called when something came; one listener at most. */
  onData(listener: () => void): void {
    this.#onData = listener
  }

  write(octets: Buffer): void {
    if (this.#stream.writable) this.#stream.write(octets)
  }

  /** The next whole response without its CRLF, left where it is; null when there is none yet. */
  peek(): OctetString | null {
    const end = this.#endOfResponse()
    return end === -1 ? null : this.#received.slice(0, end)
  }

  take(): OctetString | null {
    const response = this.peek()
    if (response !== null) this.#received = this.#received.slice(response.length + 2)
    return response
  }

  #endOfResponse(): number {
    let end = this.#received.indexOf('\r\n')
    while (end !== -1 && this.#literals) {
      const size = ANNOUNCES.exec(this.#received.slice(Math.max(0, end - 25), end))?.[1]
      if (size === undefined) return end
      end = this.#received.indexOf('\r\n', end + 2 + Number(size))
    }
    return end
  }

  /** Goes on in TLS; resolves when hands have been shaken. */
  async startTls(servername: string): Promise<void> {
    this.#stream.removeAllListeners('data').removeAllListeners('end')
    const secure = await secured(this.#stream, this.#handshake ?? anybody(servername))
    this.#stream = secure
    this.#listen(secure)
  }

  /** Closes our side alone. */
  end(): void {
    this.#stream.end()
  }

  /** Is gone, without a word. */
  drop(): void {
    this.#stream.destroy()
    this.#ended = true
    this.#received = ''
  }

  #listen(stream: Duplex): void {
    stream.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1')
      this.#onData()
    })
    const ended = (): void => {
      this.#ended = true
      // As clients do: the end is answered by the end.
      stream.end()
      this.#onData()
    }
    stream.on('end', ended)
    stream.on('error', ended)
  }
}

/** Whom it talks to, a transcript does not ask. */
export const anybody = (servername: string): ConnectionOptions => ({ servername, rejectUnauthorized: false })

/** The client's half of a TLS handshake over any stream. */
export function secured(stream: Duplex, handshake: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({ ...handshake, socket: stream })
    secure.once('secureConnect', () => {
      secure.off('error', reject)
      resolve(secure)
    })
    secure.once('error', reject)
  })
}
