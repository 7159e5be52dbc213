/**
 * Listening sockets: who is let in, who is turned away and with which words. Whatever goes wrong with one
 * connection, or with accepting one, the listener stays.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../core/clock.js'
import type { ListenerConfig, Service } from '../core/config.js'
import { serverLimits, wireLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Endpoint } from '../wire/connection.js'
import { AcceptErrors } from './accept-errors.js'
import { Admission, type AdmissionLimits, clientAddress } from './admission.js'
import { reasonOf, StartupError } from './errors.js'

export interface Ends {
  readonly local: Endpoint
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
  readonly rejected: (rejection: Rejection) => void
}

/** A port that is open. */
export interface BoundListener {
  readonly service: Service
  readonly address: string
  /** The port that is bound, also where the configuration says 0. */
  readonly port: number
  /** That stand now. */
  readonly connections: number
}

export interface Listener extends BoundListener {
  /** Stops accepting. Connections that stand are not touched. */
  close(): Promise<void>
}

/** @throws StartupError naming address and port when it cannot be bound */
export async function listen(config: ListenerConfig, desk: Desk, clock: Clock, log: Log): Promise<Listener> {
  const admission = new Admission(desk.limits)
  const refused = new TurnedAway(clock)
  // pauseOnConnect: nothing is read before the session, or the TLS handshake, has its hands on the socket.
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    pauseOnConnect: true,
    keepAlive: true,
    keepAliveInitialDelay: serverLimits.keepAliveDelay,
  })
  server.on('connection', (socket) => {
    const ends = endsOf(socket)
    if (ends === null) return void socket.destroy()
    const place = admission.enter(ends.remote.address)
    if (place.kind === 'refused') {
      desk.rejected({ port: ends.local.port, current: place.current, max: place.max, rejectedIp: ends.remote.address })
      return refused.say(socket, desk.refusal)
    }
    socket.once('close', place.leave)
    desk.accept(socket, ends)
  })
  const port = await bind(server, config)
  server.on('error', new AcceptErrors(clock, log, port).report)
  return {
    service: config.service,
    address: config.address,
    port,
    get connections() {
      return admission.current
    },
    close: () => closeServer(server),
  }
}

/** null for a peer that has gone before it was looked at. */
function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): Ends | null {
  if (localAddress === undefined || localPort === undefined) return null
  if (remoteAddress === undefined || remotePort === undefined) return null
  return {
    local: { address: clientAddress(localAddress), port: localPort },
    remote: { address: clientAddress(remoteAddress), port: remotePort },
  }
}

function bind(server: Server, config: ListenerConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(cannotListen(config, error))
    server.once('error', failed)
    server.listen({ host: config.address, port: config.port, ipv6Only: true }, () => {
      server.off('error', failed)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : config.port)
    })
  })
}

/** Why a port cannot be opened, for the person who wants it open. */
export function cannotListen({ service, address, port }: ListenerConfig, error: unknown): StartupError {
  const hint =
    (error as NodeJS.ErrnoException).code === 'EACCES' ? ' (a port below 1024 needs root or CAP_NET_BIND_SERVICE)' : ''
  return new StartupError(`cannot listen on ${at(address, port)} for ${service}: ${reasonOf(error)}${hint}`, error)
}

/** As it is written in a URL. */
export const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const closeServer = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))

/** Those who are told that there is no room, until they have read it. */
class TurnedAway {
  readonly #clock: Clock
  #waiting = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  say(socket: Socket, words: string | null): void {
    socket.on('error', () => {})
    if (words === null || this.#waiting >= serverLimits.turnedAwayAtOnce) return void socket.destroy()
    this.#waiting++
    socket.end(words)
    // Closing over octets that nobody has read sends a reset, which may overtake the words.
    socket.resume()
    const cancel = this.#clock.after(wireLimits.linger, () => socket.destroy())
    socket.once('close', () => {
      this.#waiting--
      cancel()
    })
  }
}
