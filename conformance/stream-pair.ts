/** Two ends of a connection in memory, with the manners of a TCP socket: back-pressure, half close, and loss. */
import { Duplex } from 'node:stream'

/** Octets that one end holds for a reader who does not come, as a socket's receive buffer would. */
const HIGH_WATER_MARK = 16 * 1024

class End extends Duplex {
  #peer: End | null = null
  /** Set while the peer has written more than we hold: called when we have room again. */
  #taken: (() => void) | null = null
  #peerEnded = false
  readonly #onTraffic: () => void

  constructor(onTraffic: () => void) {
    super({ allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK })
    this.#onTraffic = onTraffic
  }

  join(peer: End): void {
    this.#peer = peer
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = null
    taken?.()
  }

  /** Later, as a network would: whoever writes has returned when the other side hears of it. */
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#onTraffic()
    process.nextTick(() => this.#deliver(chunk, done))
  }

  override _final(done: () => void): void {
    this.#endPeer()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endPeer()
    // What the peer wrote and we never took is lost, and the peer need not wait for it.
    this._read()
    done(error)
  }

  #deliver(chunk: Buffer, done: (error?: Error) => void): void {
    const peer = this.#peer
    // We were destroyed meanwhile: what was on its way is lost.
    if (this.#peerEnded) done()
    else if (peer === null || peer.destroyed) done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    else if (peer.push(chunk)) done()
    else peer.#taken = done
  }

  #endPeer(): void {
    const peer = this.#peer
    if (peer === null || peer.destroyed || this.#peerEnded) return
    this.#peerEnded = true
    this.#onTraffic()
    peer.push(null)
  }
}

/**
 * What is written to one end is read from the other, chunk by chunk as it was written. `end()` on one side
 * ends the other's input and leaves the way back open; `destroy()` also makes the other's writes fail.
 * `onTraffic` is called whenever something passes.
 */
export function streamPair(onTraffic: () => void = () => {}): [Duplex, Duplex] {
  const left = new End(onTraffic)
  const right = new End(onTraffic)
  left.join(right)
  right.join(left)
  return [left, right]
}
