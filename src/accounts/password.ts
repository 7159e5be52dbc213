/**
 * Password hashes. bcrypt takes about a quarter of a second of CPU at cost 12, on threads that file I/O
 * needs too, so only a few run at once and the rest wait in a line of bounded length.
 *
 * bcrypt looks at the first 72 octets and would take any password that merely begins like the right
 * one. Longer passwords are therefore refused when they are set and wrong when they are tried, as are
 * those with a NUL. They are not hashed beforehand, so that hashes can be brought from and taken to
 * other servers.
 */
import { compare, hash } from 'bcrypt'
import { authLimits } from '../core/limits.js'

/** More passwords wait to be looked at than is sensible. */
export class PasswordsBusy extends Error {
  constructor() {
    super('too many passwords are waiting to be verified')
    this.name = 'PasswordsBusy'
  }
}

export type PasswordProblem = 'empty' | 'too-long' | 'nul'

export interface Passwords {
  readonly cost: number
  /** `password` must have no problem (passwordProblem). */
  hash(password: string): Promise<string>
  /** `stored` null: there is no such user; does the same work and says no. @throws PasswordsBusy */
  verify(password: string, stored: string | null): Promise<boolean>
}

/** RFC 8265 §4.2.2: the same password typed on another keyboard may come in another normal form. */
export const normalised = (password: string): string => password.normalize('NFC')

/** Why this cannot be a password, or null. */
export function passwordProblem(password: string): PasswordProblem | null {
  if (password === '') return 'empty'
  if (password.includes('\0')) return 'nul'
  return Buffer.byteLength(normalised(password)) > authLimits.passwordOctets ? 'too-long' : null
}

export interface BcryptOptions {
  /** log2 of the rounds. */
  readonly cost?: number
  /** How many at once. */
  readonly parallel?: number
  /** How many may wait. */
  readonly waiting?: number
}

export class BcryptPasswords implements Passwords {
  readonly cost: number
  readonly #parallel: number
  readonly #mostWaiting: number
  /** A hash of nothing: what unknown users are compared with. */
  readonly #nobody: string
  readonly #line: (() => void)[] = []
  #running = 0

  constructor({ cost = 12, parallel = 2, waiting = authLimits.waitingPasswords }: BcryptOptions = {}) {
    this.cost = cost
    this.#parallel = parallel
    this.#mostWaiting = waiting
    this.#nobody = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  }

  async hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalised(password), this.cost))
  }

  async verify(password: string, stored: string | null): Promise<boolean> {
    const possible = stored !== null && passwordProblem(password) === null
    const candidate = passwordProblem(password) === null ? normalised(password) : 'x'
    const equal = await this.#inTurn(() => compare(candidate, stored ?? this.#nobody))
    return possible && equal
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn()
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  /** Resolves when a place is free; whoever leaves hands its place on. */
  #turn(): Promise<void> {
    if (this.#running < this.#parallel) {
      this.#running++
      return Promise.resolve()
    }
    if (this.#line.length >= this.#mostWaiting) return Promise.reject(new PasswordsBusy())
    return new Promise((resolve) => {
      this.#line.push(resolve)
    })
  }
}
