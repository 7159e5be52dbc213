/**
 * Remembers which passwords were right (decision 11), so that a client with ten connections costs one
 * bcrypt. What is kept is an HMAC under a key that exists in this process only. It covers the stored
 * hash too: after a change of password no entry can match, whoever changed it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'

export interface Credentials {
  /** Canonical. */
  readonly address: string
  readonly password: string
  readonly passwordHash: string
}

export interface CacheOptions {
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds; 0 remembers nothing. Asked each time: what a reload makes shorter is shorter for all at once. */
  readonly ttl: () => number
  /** Accounts; the one unused for longest goes first. */
  readonly size?: number
}

interface Entry {
  readonly mac: Buffer
  /** Milliseconds since the epoch. */
  readonly since: number
}

export class CredentialCache {
  readonly #clock: Clock
  readonly #key: Buffer
  readonly #ttl: () => number
  readonly #size: number
  /** By address, the least recently used first. */
  readonly #entries = new Map<string, Entry>()
  /** By MAC: comparisons that run now. */
  readonly #running = new Map<string, Promise<boolean>>()

  constructor({ clock, random, ttl, size = authLimits.cachedCredentials }: CacheOptions) {
    this.#clock = clock
    this.#key = random(32)
    this.#ttl = ttl
    this.#size = size
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * True from memory, or what `compare` finds. The same credentials that arrive meanwhile share one
   * comparison. A failure is not remembered.
   */
  async verify(credentials: Credentials, compare: () => Promise<boolean>): Promise<boolean> {
    const mac = this.#mac(credentials)
    if (this.#knows(credentials.address, mac)) return true
    const id = mac.toString('base64')
    const running = this.#running.get(id) ?? this.#start(id, compare)
    const right = await running
    if (right) this.#remember(credentials.address, mac)
    return right
  }

  /** Password, status or key changed, or the user is gone. */
  forget(address: string): void {
    this.#entries.delete(address)
  }

  #start(id: string, compare: () => Promise<boolean>): Promise<boolean> {
    const running = compare().finally(() => this.#running.delete(id))
    this.#running.set(id, running)
    return running
  }

  /** NUL separates: neither addresses nor hashes have one. */
  #mac({ address, passwordHash, password }: Credentials): Buffer {
    return createHmac('sha256', this.#key).update(`${address}\0${passwordHash}\0${password}`).digest()
  }

  #knows(address: string, mac: Buffer): boolean {
    const entry = this.#entries.get(address)
    if (entry === undefined) return false
    if (this.#clock.now() - entry.since >= this.#ttl()) {
      this.#entries.delete(address)
      return false
    }
    if (!timingSafeEqual(entry.mac, mac)) return false
    this.#entries.delete(address)
    this.#entries.set(address, entry)
    return true
  }

  #remember(address: string, mac: Buffer): void {
    if (this.#ttl() <= 0) return
    this.#entries.delete(address)
    this.#entries.set(address, { mac, since: this.#clock.now() })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#size) break
      this.#entries.delete(oldest)
    }
  }
}
