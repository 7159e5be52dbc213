/**
 * Slows down and stops guessing of passwords (decision 11). Failures are counted for each client address
 * and for each account. Waits double from 1 s to 30 s; after `maxFailures` further attempts are refused
 * unseen until the last failure is 15 minutes old.
 *
 * Four things keep this from being turned against the users:
 * - an address that an account logged in from is not refused for failures that others had with that account;
 * - a success takes back the account's own failures, also from the count of its address, but nobody else's;
 * - loopback is where a webmail or proxy speaks for everybody, so only accounts are counted there;
 * - an IPv6 client owns a /64, so that is what is counted as one address.
 *
 * The table is bounded, and what was touched least recently goes first. Known fault: who can fail
 * 50,000 times in 15 minutes can push entries out; each of these failures costs a bcrypt.
 */
import { isIPv6 } from 'node:net'
import type { Clock } from '../core/clock.js'
import { authLimits } from '../core/limits.js'

/** Failures of one account or address. `of`: the other side of each, so that a success can take back its own. */
interface Failures {
  readonly of: readonly string[]
  readonly last: number
}

export interface ThrottleOptions {
  readonly clock: Clock
  /** Asked at each attempt, so that a reload takes effect. */
  readonly maxFailures: () => number
  /** Accounts and addresses that are remembered. */
  readonly size?: number
}

/** What counts as one client address, or null when it is not counted. */
export function clientOf(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (plain === '::1' || plain.startsWith('127.')) return null
  return isIPv6(plain) ? networkOf(plain) : plain
}

/** The first 64 bits: eight groups with `::` written out, of which four are kept. */
function networkOf(address: string): string {
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  const groups = [...front, ...zeros, ...back].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

export class Throttle {
  readonly #clock: Clock
  readonly #maxFailures: () => number
  readonly #size: number
  /** By 'account:…' or 'client:…', the least recently touched first. */
  readonly #failures = new Map<string, Failures>()
  /** By account: where it logged in from, the latest last. */
  readonly #known = new Map<string, readonly string[]>()

  constructor({ clock, maxFailures, size = authLimits.throttled }: ThrottleOptions) {
    this.#clock = clock
    this.#maxFailures = maxFailures
    this.#size = size
  }

  /** Entries in the tables. */
  get size(): number {
    return this.#failures.size + this.#known.size
  }

  /** True when this attempt must not be looked at. */
  refuses(account: string, address: string): boolean {
    const client = clientOf(address)
    const most = this.#maxFailures()
    if (client !== null && this.#count(`client:${client}`) >= most) return true
    const known = client !== null && (this.#known.get(account)?.includes(client) ?? false)
    return !known && this.#count(`account:${account}`) >= most
  }

  /** Counts a failure. @returns milliseconds that the answer has to wait */
  failed(account: string, address: string): number {
    const client = clientOf(address)
    const ofAccount = this.#add(`account:${account}`, client ?? '')
    const ofClient = client === null ? 0 : this.#add(`client:${client}`, account)
    const doublings = Math.max(ofAccount, ofClient) - 1
    return Math.min(authLimits.firstDelay * 2 ** doublings, authLimits.longestDelay)
  }

  succeeded(account: string, address: string): void {
    const client = clientOf(address)
    this.#forgive(`account:${account}`, client ?? '')
    if (client === null) return
    this.#forgive(`client:${client}`, account)
    const others = (this.#known.get(account) ?? []).filter((one) => one !== client)
    this.#touch(this.#known, account, [...others, client].slice(-authLimits.knownAddresses))
  }

  #count(key: string): number {
    const record = this.#failures.get(key)
    if (record === undefined) return 0
    if (this.#clock.now() - record.last < authLimits.refusedFor) return record.of.length
    this.#failures.delete(key)
    return 0
  }

  #add(key: string, of: string): number {
    const before = this.#count(key) === 0 ? [] : (this.#failures.get(key)?.of ?? [])
    const all = [...before, of].slice(-this.#maxFailures())
    this.#touch(this.#failures, key, { of: all, last: this.#clock.now() })
    return all.length
  }

  #forgive(key: string, of: string): void {
    const record = this.#failures.get(key)
    if (record === undefined) return
    const rest = record.of.filter((one) => one !== of)
    if (rest.length === 0) this.#failures.delete(key)
    else this.#failures.set(key, { of: rest, last: record.last })
  }

  #touch<T>(table: Map<string, T>, key: string, value: T): void {
    table.delete(key)
    table.set(key, value)
    const [oldest] = table.keys()
    if (table.size > this.#size && oldest !== undefined) table.delete(oldest)
  }
}
