/** Replies on their way out: collected, written in one piece, and held back while the peer does not take them. */
import type { Writable } from 'node:stream'
import type { Clock } from '../core/clock.js'
import { wireLimits } from '../core/limits.js'

/** The peer is gone, or was sent away. */
export class Disconnected extends Error {
  constructor(why = 'the connection is closed') {
    super(why)
    this.name = 'Disconnected'
  }
}

/** Larger octet strings are written as they are; smaller ones are collected with the text around them. */
const OWN_CHUNK = 8192

/**
 * Collects text and octets and writes them when `flush` is called or `flushAt` octets are there. Nothing
 * is lost or reordered. Memory stays near `flushAt` plus the stream's own mark if the caller awaits `room`.
 */
export class Writer {
  #sink: Writable
  readonly #flushAt: number
  readonly #clock: Clock | null
  #text = ''

  /** With a clock, a sink that takes nothing for wireLimits.writeTimeout while somebody waits for room is destroyed. */
  constructor(sink: Writable, flushAt: number, clock: Clock | null = null) {
    this.#sink = sink
    this.#flushAt = flushAt
    this.#clock = clock
  }

  /** Text in UTF-8. */
  text(s: string): void {
    // Pure ASCII is the rule, and is the same in both encodings.
    this.octets(/^[\0-\x7f]*$/.test(s) ? s : Buffer.from(s, 'utf8').toString('latin1'))
  }

  /** A string whose chars each stand for one octet. */
  octets(s: string): void {
    this.#text += s
    if (this.#text.length >= this.#flushAt) this.flush()
  }

  /** The caller leaves `b` as it is until it has been sent. */
  bytes(b: Uint8Array): void {
    if (b.length < OWN_CHUNK) {
      this.octets(Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString('latin1'))
      return
    }
    this.flush()
    if (this.#sink.writable) this.#sink.write(b)
  }

  /** Hands what was collected to the socket. */
  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    if (this.#sink.writable) this.#sink.write(text, 'latin1')
  }

  /** True when more should wait for `room`. */
  get full(): boolean {
    return this.#sink.writableNeedDrain
  }

  /** Resolves when the peer has taken enough for more to be written. @throws Disconnected */
  async room(): Promise<void> {
    if (this.#sink.destroyed) throw new Disconnected()
    if (!this.#sink.writableNeedDrain) return
    const sink = this.#sink
    const cancel = this.#clock?.after(wireLimits.writeTimeout, () => sink.destroy())
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        sink.off('drain', settle).off('close', settle)
        cancel?.()
        if (sink.destroyed) reject(new Disconnected())
        else resolve()
      }
      sink.on('drain', settle).on('close', settle)
    })
  }

  /**
   * A literal of exactly `size` octets (RFC 3501 §4.3). A source of another length, or one that throws,
   * would shift all that follows: it ends the connection. `room` is awaited after each piece.
   * @throws Disconnected, and what `source` throws
   */
  async literal(size: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.octets(`{${size}}\r\n`)
    let left = size
    try {
      for await (const chunk of source) {
        left -= chunk.length
        if (left < 0) break
        this.bytes(chunk)
        await this.room()
      }
    } catch (error) {
      this.#sink.destroy()
      throw error
    }
    if (left === 0) return
    this.#sink.destroy()
    throw new Disconnected(`a literal of ${size} octets came out ${left < 0 ? 'too long' : `${left} short`}`)
  }

  /** After a TLS upgrade: what follows goes to the new stream. */
  redirect(sink: Writable): void {
    this.flush()
    this.#sink = sink
  }
}
