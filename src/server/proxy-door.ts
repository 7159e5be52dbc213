/**
 * Where proxies come in: only those that are configured, and each must say first for whom it connects.
 * A proxy that speaks for itself, as its health checks do, is its own client.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.js'
import { withinNetworks } from '../core/ip-network.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { parseProxyHeader } from '../wire/proxy-header.js'
import { clientAddress } from './admission.js'
import type { Ends } from './entrance.js'
import { proxyHeaderRefused, proxyNotTrusted } from './events.js'

export class ProxyDoor {
  readonly #trusts: (address: string) => boolean
  readonly #clock: Clock
  readonly #log: Log
  /** Those that have not sent their header. */
  readonly #waiting = new Set<Socket>()

  /** `proxies`: addresses and networks. */
  constructor(proxies: readonly string[], clock: Clock, log: Log) {
    this.#trusts = withinNetworks(proxies)
    this.#clock = clock
    this.#log = log
  }

  /** Calls `enter` with the client's address once the header has been taken off the socket; closes it for any other. */
  open(socket: Socket, ends: Ends, enter: (ends: Ends) => void): void {
    const { local, remote } = ends
    if (!this.#trusts(remote.address)) {
      proxyNotTrusted(this.#log, { port: local.port, client_ip: remote.address })
      return void socket.destroy()
    }
    if (this.#waiting.size >= serverLimits.proxyHeadersAtOnce) this.#refuse(socket, ends, 'too many are waited for')
    else this.#read(socket, ends, enter)
  }

  /** Those that have not sent their header have begun nothing. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy()
  }

  #read(socket: Socket, ends: Ends, enter: (ends: Ends) => void): void {
    let octets = Buffer.alloc(0)
    this.#waiting.add(socket)
    const late = (): void => this.#refuse(socket, ends, 'not sent in time')
    const cancel = this.#clock.after(serverLimits.proxyHeader, late)
    const leave = (): void => {
      cancel()
      this.#waiting.delete(socket)
      socket.off('readable', readable).off('end', ended).off('close', leave)
    }
    const readable = (): void => {
      octets = Buffer.concat([octets, ...available(socket)])
      const header = parseProxyHeader(octets)
      if (header.kind === 'partial') return
      leave()
      if (header.kind === 'bad') this.#refuse(socket, ends, header.why)
      else {
        socket.off('error', ignored)
        if (octets.length > header.length) socket.unshift(octets.subarray(header.length))
        enter({ local: ends.local, remote: clientOf(header.client ?? ends.remote) })
      }
    }
    const ended = (): void => {
      // Checks whether a port is open say nothing, and nothing is said of them.
      if (octets.length > 0) this.#refuse(socket, ends, 'not whole')
      else socket.destroy()
    }
    socket.on('readable', readable).on('end', ended).on('close', leave).on('error', ignored)
  }

  #refuse(socket: Socket, { local, remote }: Ends, error: string): void {
    proxyHeaderRefused(this.#log, { port: local.port, proxy_ip: remote.address, error })
    socket.destroy()
  }
}

/** What has arrived. */
function* available(socket: Socket): Generator<Buffer> {
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) yield chunk as Buffer
}

const ignored = (): void => {}

const clientOf = ({ address, port }: Ends['remote']): Ends['remote'] => ({ address: clientAddress(address), port })
