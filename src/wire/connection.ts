/**
 * One connection: a stream that is read when somebody asks, a writer with back-pressure, deadlines, and
 * the change to TLS. Knows no protocol. While nobody reads, the stream is paused and TCP pushes back.
 */
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { Clock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'
import { type ChannelBindings, channelBindingsOf } from './channel-binding.js'
import { secureClient, type TlsClientOptions } from './tls-client.js'
import type { Trace } from './trace.js'
import { Disconnected, Writer } from './writer.js'

/** A wait that had a limit came to it. `phase` is the name the caller gave. */
export class DeadlineExpired extends Error {
  readonly phase: string
  constructor(phase: string) {
    super(`deadline expired: ${phase}`)
    this.name = 'DeadlineExpired'
    this.phase = phase
  }
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface TlsInfo {
  /** As OpenSSL says it: TLSv1.3 */
  readonly version: string
  readonly cipher: string
  /** The name that the client asked for, or null. */
  readonly serverName: string | null
}

/** What a TLS handshake needs: the default certificate, and others by name. */
export interface TlsOptions extends Pick<TLSSocketOptions, 'SNICallback' | 'ALPNProtocols'> {
  readonly secureContext: SecureContext
}

export interface ConnectionOptions {
  readonly clock: Clock
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly trace?: Trace | null
}

export class Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly out: Writer
  readonly trace: Trace | null
  readonly #clock: Clock
  #stream: Duplex
  #tls: TlsInfo | null = null
  #bindings: ChannelBindings | null = null
  /** Why reading is over: the stream failed or closed, somebody interrupted, or a deadline has expired. */
  #broken: Disconnected | null = null
  #interrupted: Error | null = null
  #expired: DeadlineExpired | null = null
  #ended = false
  #wake: (() => void) | null = null
  #disarm: (() => void) | null = null
  readonly #closed: Promise<void>
  #resolveClosed: () => void = () => {}

  constructor(stream: Duplex, { clock, local, remote, trace = null }: ConnectionOptions) {
    this.#clock = clock
    this.local = local
    this.remote = remote
    this.trace = trace
    this.out = new Writer(stream, wireLimits.flushOctets, clock)
    this.#stream = stream
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#attach(stream)
  }

  /** Null while the connection is in clear. */
  get tls(): TlsInfo | null {
    return this.#tls
  }

  /** The data of a channel binding type (RFC 5056 §2.1); null in clear, and for a type that this connection has not. */
  channelBinding(type: string): Buffer | null {
    const bindings: Readonly<Record<string, Buffer | null>> = this.#bindings ?? {}
    return Object.hasOwn(bindings, type) ? (bindings[type] ?? null) : null
  }

  /** True while a `read` waits for the peer: nothing that it sent is left unread. */
  get waiting(): boolean {
    return this.#wake !== null
  }

  /** Resolves when the connection is closed, whoever closed it. Never rejects. */
  get closed(): Promise<void> {
    return this.#closed
  }

  /**
   * Whatever has arrived, at least one octet; null at the end of input. What was written is flushed
   * first, and a peer that takes nothing is not read from. One at a time.
   * @throws DeadlineExpired of the deadline that is set; the reason of an interrupt; Disconnected
   */
  async read(): Promise<Buffer | null> {
    this.out.flush()
    if (this.out.full) await this.room()
    for (;;) {
      this.#check()
      const chunk = this.#stream.read() as Buffer | null
      if (chunk !== null) return chunk
      if (this.#ended) return null
      if (this.#stream.destroyed) throw new Disconnected()
      await this.#change()
    }
  }

  /** Resolves when there is something to read, or the end of input, and leaves it there. @throws as `read` does */
  async arrival(): Promise<void> {
    for (;;) {
      this.#check()
      if (this.unread || this.#ended) return
      await this.#change()
    }
  }

  /** Resolves when the peer has taken enough for more to be written. @throws Disconnected, also for a peer that takes nothing for wireLimits.writeTimeout */
  room(): Promise<void> {
    return this.out.room()
  }

  /**
   * Sets the deadline of a phase: whoever reads then, or reads later, gets DeadlineExpired(phase). It
   * replaces the one before, and is not moved by octets that arrive.
   */
  deadline(phase: string, ms: number): void {
    this.clearDeadline()
    this.#disarm = this.#clock.after(ms, () => {
      this.#expired = new DeadlineExpired(phase)
      this.#signal()
    })
  }

  /** Also forgives a deadline that has expired and has not been thrown. */
  clearDeadline(): void {
    this.#disarm?.()
    this.#disarm = null
    this.#expired = null
  }

  /** Whoever reads, now or later, gets `reason`: how a shutdown reaches a session that waits for its client. */
  interrupt(reason: Error): void {
    this.#interrupted ??= reason
    this.#signal()
  }

  /** True if the stream holds octets that nobody has read: behind STARTTLS that is an injection. */
  get unread(): boolean {
    return this.#stream.readableLength > 0
  }

  /**
   * Flushes, then shakes hands as the server. Everything unread must have been refused before.
   * @throws Disconnected when the handshake fails or takes longer than wireLimits.tlsHandshake
   */
  async startTls(options: TlsOptions): Promise<TlsInfo> {
    const begin = (plain: Duplex) => new TLSSocket(plain as never, { isServer: true, ...options })
    const secure = await this.#secure('secure', begin)
    // @types/node leaves out `servername`, which Node sets to false where the client named none.
    const { servername } = secure as { servername?: string | false }
    this.#bindings = channelBindingsOf(secure)
    return this.#secured(secure, typeof servername === 'string' ? servername : null)
  }

  /** The same as the client. @throws Disconnected also when the server is not who it has to be */
  async startTlsAsClient(options: TlsClientOptions): Promise<TlsInfo> {
    const secure = await this.#secure('secureConnect', (plain) => secureClient(plain, options))
    return this.#secured(secure, options.host)
  }

  /**
   * Sends what was written and closes our side, for which a peer that takes nothing has
   * wireLimits.writeTimeout; then waits wireLimits.linger at most for the peer to close its own.
   */
  async end(): Promise<void> {
    this.clearDeadline()
    this.out.flush()
    const stream = this.#stream
    if (stream.destroyed) return this.#closed
    let cancel = this.#clock.after(wireLimits.writeTimeout, () => stream.destroy())
    stream.once('finish', () => {
      cancel()
      cancel = this.#clock.after(wireLimits.linger, () => stream.destroy())
    })
    stream.end()
    // The end of input is seen only behind all that the peer still sends.
    stream.off('readable', this.#signal).resume()
    await this.#closed
    cancel()
  }

  /** Closes at once; what was not sent is lost. */
  destroy(): void {
    this.clearDeadline()
    this.#stream.destroy()
  }

  #check(): void {
    const failure = this.#broken ?? this.#interrupted ?? this.#expired
    if (failure !== null) throw failure
  }

  #attach(stream: Duplex): void {
    stream.on('readable', this.#signal)
    stream.on('end', this.#onEnd)
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
  }

  #detach(stream: Duplex): void {
    stream.off('readable', this.#signal)
    stream.off('end', this.#onEnd)
    stream.off('error', this.#onError)
    stream.off('close', this.#onClose)
    // The TLS socket hears of errors below it; this one keeps a late error from being nobody's.
    stream.on('error', () => {})
  }

  readonly #signal = (): void => {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#signal()
  }

  /** OpenSSL's message holds addresses of its own; its `reason` is for people. */
  readonly #onError = (error: Error & { readonly reason?: string }): void => {
    this.#broken ??= new Disconnected(error.reason ?? error.message)
    this.#signal()
  }

  readonly #onClose = (): void => {
    this.clearDeadline()
    this.#broken ??= new Disconnected()
    this.#signal()
    this.#resolveClosed()
  }

  #change(): Promise<void> {
    if (this.#wake !== null) throw new Error('a read is already waiting')
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #secured(secure: TLSSocket, serverName: string | null): TlsInfo {
    this.#tls = { version: secure.getProtocol() ?? 'unknown', cipher: secure.getCipher().name, serverName }
    return this.#tls
  }

  /** `done`: what the socket calls the end of the handshake; the client's has then looked at the certificate too. */
  async #secure(done: 'secure' | 'secureConnect', begin: (plain: Duplex) => TLSSocket): Promise<TLSSocket> {
    this.out.flush()
    const plain = this.#stream
    if (plain.destroyed) throw new Disconnected()
    this.#detach(plain)
    const secure = begin(plain)
    this.#stream = secure
    this.out.redirect(secure)
    this.#attach(secure)
    await this.#handshake(secure, done)
    return secure
  }

  #handshake(secure: TLSSocket, done: 'secure' | 'secureConnect'): Promise<void> {
    const giveUp = (why: string) => (): void => void secure.destroy(new Error(why))
    const cancel = this.#clock.after(wireLimits.tlsHandshake, giveUp('the TLS handshake took too long'))
    // Half of a connection may close and the other go on, but not before there is a connection.
    const ended = giveUp('closed during the TLS handshake')
    secure.once('end', ended)
    return new Promise((resolve, reject) => {
      secure.once(done, () => {
        cancel()
        secure.off('end', ended)
        resolve()
      })
      secure.once('close', () => {
        cancel()
        reject(this.#broken ?? new Disconnected())
      })
    })
  }
}
