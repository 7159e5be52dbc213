/**
 * Connects to a host by RFC 8305 §5: its addresses in their order, the next one when the one before has failed or has
 * said nothing for a quarter of a second. The first that answers is taken, and the others are given up.
 */
import { createConnection, isIP, type Socket } from 'node:net'
import type { Clock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { Connection } from '../wire/connection.js'
import type { Trace } from '../wire/trace.js'
import { type HopHost, HostTrouble } from './contracts.js'

/** One attempt, as node:net has it: 'connect', or 'error'. */
export type OpenSocket = (to: {
  readonly host: string
  readonly port: number
  readonly localAddress: string | undefined
}) => Socket

export interface ConnectOptions {
  readonly clock: Clock
  /** Our own addresses that connections come from: one of each family at most. */
  readonly sources: readonly string[]
  readonly trace?: Trace | null
  readonly open?: OpenSocket
}

export interface Reached {
  readonly connection: Connection
  readonly address: string
}

/** No delay for small segments (Nagle): a dialogue is nothing else. */
const openSocket: OpenSocket = ({ host, port, localAddress }) =>
  createConnection({ host, port, noDelay: true, ...(localAddress !== undefined && { localAddress }) })

/** `mx.example.org [192.0.2.1]`; of an address literal the address alone. */
export const hostAt = (name: string, address: string): string =>
  name.startsWith('[') ? `[${address}]` : `${name} [${address}]`

/** @throws HostTrouble */
export function connect(host: HopHost, options: ConnectOptions): Promise<Reached> {
  return new Promise((resolve, reject) => new AddressRace(host, options, { resolve, reject }).start())
}

/** What goes wrong, from what tells people most to what tells them least: where IPv6 does not go, all of it is unreachable. */
const WORDS: { readonly [code: string]: string } = {
  EMFILE: 'Too many open files to connect to',
  ECONNREFUSED: 'Connection refused by',
  ECONNRESET: 'Connection reset by',
  ETIMEDOUT: 'No answer from',
  EADDRNOTAVAIL: 'This machine has no address to connect from to',
  EHOSTUNREACH: 'No way to',
  ENETUNREACH: 'No way to',
}
const TELLING = Object.keys(WORDS)
const rank = ({ code }: Failure): number => (TELLING.includes(code) ? TELLING.indexOf(code) : TELLING.length)

interface Failure {
  readonly address: string
  readonly code: string
}

interface Outcome {
  readonly resolve: (reached: Reached) => void
  readonly reject: (trouble: HostTrouble) => void
}

class AddressRace {
  readonly #host: HopHost
  readonly #options: ConnectOptions
  readonly #outcome: Outcome
  readonly #left: string[]
  /** Attempts under way, and how each is given up. */
  readonly #running = new Map<Socket, () => void>()
  readonly #failures: Failure[] = []
  #cancelNext = (): void => {}

  constructor(host: HopHost, options: ConnectOptions, outcome: Outcome) {
    this.#host = host
    this.#options = options
    this.#outcome = outcome
    this.#left = [...host.addresses]
  }

  /** With the next address. */
  start(): void {
    this.#cancelNext()
    const address = this.#left.shift()
    if (address === undefined) return
    const { clock, sources, open = openSocket } = this.#options
    const localAddress = sources.find((source) => isIP(source) === isIP(address))
    const socket = open({ host: address, port: this.#host.port, localAddress })
    const onError = (error: NodeJS.ErrnoException): void => this.#failed(socket, { address, code: error.code ?? '' })
    const onConnect = (): void => this.#won(socket, address, onError)
    const cancel = clock.after(queueLimits.connectTimeout, () => this.#failed(socket, { address, code: 'ETIMEDOUT' }))
    this.#running.set(socket, () => {
      cancel()
      socket.off('connect', onConnect)
    })
    socket.once('connect', onConnect).on('error', onError)
    if (this.#left.length > 0) this.#cancelNext = clock.after(queueLimits.connectStagger, () => this.start())
  }

  #failed(socket: Socket, failure: Failure): void {
    if (!this.#giveUp(socket)) return
    this.#failures.push(failure)
    if (this.#left.length > 0) this.start()
    else if (this.#running.size === 0) this.#outcome.reject(this.#trouble())
  }

  #won(socket: Socket, address: string, onError: (error: Error) => void): void {
    this.#cancelNext()
    this.#running.get(socket)?.()
    this.#running.delete(socket)
    for (const other of [...this.#running.keys()]) this.#giveUp(other)
    socket.off('error', onError)
    const { clock, trace = null } = this.#options
    const { localAddress = '', localPort = 0 } = socket
    const local = { address: localAddress, port: localPort }
    const remote = { address, port: this.#host.port }
    const connection = new Connection(socket, { clock, local, remote, trace })
    this.#outcome.resolve({ connection, address })
  }

  /** False: it was before. Its listener for errors stays, for one that comes late. */
  #giveUp(socket: Socket): boolean {
    this.#running.get(socket)?.()
    socket.destroy()
    return this.#running.delete(socket)
  }

  #trouble(): HostTrouble {
    const [most = ''] = [...this.#failures].sort((a, b) => rank(a) - rank(b)).map((one) => this.#words(one))
    const transcript = this.#failures.map((failure) => `(${this.#words(failure)})\n`).join('')
    return new HostTrouble(`450 4.4.1 ${most}`, { permanent: false, transcript })
  }

  #words({ address, code }: Failure): string {
    const where = hostAt(this.#host.name, address)
    const words = WORDS[code]
    return words === undefined ? `No connection to ${where} (${code})` : `${words} ${where}`
  }
}
