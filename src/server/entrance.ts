/** The entrance of one listener: who is let in, and who is turned away with which words. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../core/clock.js'
import { serverLimits, wireLimits } from '../core/limits.js'
import type { Endpoint } from '../wire/connection.js'
import { Admission, type AdmissionLimits } from './admission.js'
import type { ProxyDoor } from './proxy-door.js'

export interface Ends {
  readonly local: Endpoint
  /** The client itself, also where a proxy connects for it. */
  readonly remote: Endpoint
}

/** A connection that was not let in: for the log. */
export interface Rejection {
  readonly port: number
  readonly current: number
  readonly max: number
  readonly rejectedIp: string
}

export interface Desk {
  readonly limits: () => AdmissionLimits
  /** Takes over the socket, paused and with nothing read from it. */
  readonly accept: (socket: Socket, ends: Ends) => void
  /** What one who is turned away is told; null: nothing, the connection is just closed. */
  readonly refusal: string | null
  /** The same for those who come when the server is about to end. */
  readonly closing: string | null
  /** Where clients begin with a TLS handshake: begins it, and gives what the words are written to. null: they are said in clear. */
  readonly secured: ((socket: Socket) => Duplex) | null
  readonly rejected: (rejection: Rejection) => void
}

export class Entrance {
  readonly #desk: Desk
  readonly #admission: Admission
  readonly #turnedAway: TurnedAway
  /** Null: clients connect by themselves. */
  readonly #door: ProxyDoor | null
  #closing = false

  constructor(desk: Desk, door: ProxyDoor | null, clock: Clock) {
    this.#desk = desk
    this.#admission = new Admission(desk.limits)
    this.#turnedAway = new TurnedAway(desk.secured, clock)
    this.#door = door
  }

  /** Connections that are in. */
  get current(): number {
    return this.#admission.current
  }

  /** One who has just connected. */
  arrive(socket: Socket, ends: Ends): void {
    if (this.#closing) this.#turnedAway.say(socket, this.#desk.closing)
    else if (this.#door === null) this.#enter(socket, ends)
    else this.#door.open(socket, ends, (client) => this.#enter(socket, client))
  }

  /** From now on nobody is let in, and who comes is told why. */
  turnAway(): void {
    this.#closing = true
    this.#door?.close()
  }

  #enter(socket: Socket, ends: Ends): void {
    const place = this.#admission.enter(ends.remote.address)
    if (place.kind === 'admitted') {
      socket.once('close', place.leave)
      this.#desk.accept(socket, ends)
      return
    }
    const { current, max } = place
    this.#desk.rejected({ port: ends.local.port, current, max, rejectedIp: ends.remote.address })
    this.#turnedAway.say(socket, this.#desk.refusal)
  }
}

/** Those who are told that they cannot come in, until they have read it. */
class TurnedAway {
  readonly #secured: Desk['secured']
  readonly #clock: Clock
  #waiting = 0

  constructor(secured: Desk['secured'], clock: Clock) {
    this.#secured = secured
    this.#clock = clock
  }

  say(socket: Socket, words: string | null): void {
    socket.on('error', () => {})
    if (words === null || this.#waiting >= serverLimits.turnedAwayAtOnce) return void socket.destroy()
    this.#waiting++
    const listener = this.#secured?.(socket) ?? socket
    listener.on('error', () => {})
    listener.end(words)
    // Closing over octets that nobody has read sends a reset, which may overtake the words.
    listener.resume()
    const wait = this.#secured === null ? wireLimits.linger : serverLimits.turnedAwayHandshake
    const cancel = this.#clock.after(wait, () => socket.destroy())
    socket.once('close', () => {
      this.#waiting--
      cancel()
    })
  }
}
