/** Who may come in: counts the connections of one listener, in all and by client address (decision 4). Does no I/O. */
import { isIPv6 } from 'node:net'
import { isLoopback } from '../core/ip-network.js'

export type Admitted =
  | { readonly kind: 'admitted'; readonly leave: () => void }
  /** `current` connections stand where `max` may: of the listener, or of this client alone. */
  | { readonly kind: 'refused'; readonly limit: 'listener' | 'address'; readonly current: number; readonly max: number }

export interface AdmissionLimits {
  readonly maxConnections: number
  /** 0: no limit. Never applied to the loopback range. */
  readonly maxPerAddress: number
}

export class Admission {
  readonly #limits: () => AdmissionLimits
  readonly #byClient = new Map<string, number>()
  #current = 0

  /** `limits` is asked each time, so that a reload takes effect. */
  constructor(limits: () => AdmissionLimits) {
    this.#limits = limits
  }

  /** Connections that stand now. */
  get current(): number {
    return this.#current
  }

  /** Takes a place until `leave` is called; calling that twice is fine. `address` as `clientAddress` gives it. */
  enter(address: string): Admitted {
    const { maxConnections, maxPerAddress } = this.#limits()
    const client = clientKey(address)
    const own = this.#byClient.get(client) ?? 0
    if (this.#current >= maxConnections)
      return { kind: 'refused', limit: 'listener', current: this.#current, max: maxConnections }
    if (maxPerAddress > 0 && own >= maxPerAddress && !isLoopback(address))
      return { kind: 'refused', limit: 'address', current: own, max: maxPerAddress }
    this.#current++
    this.#byClient.set(client, own + 1)
    return { kind: 'admitted', leave: this.#leaveOnce(client) }
  }

  #leaveOnce(client: string): () => void {
    let gone = false
    return () => {
      if (gone) return
      gone = true
      this.#current--
      const left = (this.#byClient.get(client) ?? 1) - 1
      if (left === 0) this.#byClient.delete(client)
      else this.#byClient.set(client, left)
    }
  }
}

/** An IPv4 client of an IPv6 socket is written as IPv4 (RFC 4291 §2.5.5.2); a zone is left out. */
export function clientAddress(address: string): string {
  const bare = address.split('%', 1)[0] ?? address
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(bare) ? bare.slice(7) : bare
}

/** One customer has a whole IPv6 /64 (RFC 6177 §2), so its first four groups are the client. */
function clientKey(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const gap = address.includes('::') ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0') : []
  return [...before, ...gap, ...after].slice(0, 4).join(':')
}
