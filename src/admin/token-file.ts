/** The bearer tokens of the admin port (RFC 6750): named, and known by their SHA-256 alone, in DATA/admin-tokens.json. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../core/clock.js'
import { replaceFile } from '../core/durable-file.js'
import type { Random } from '../core/ids.js'
import { serverLimits } from '../core/limits.js'
import { AdminError } from './errors.js'

/** 256 bits, in letters that need no quoting: no hash has to slow down who guesses. */
const TOKEN_OCTETS = 32

const kept = z.array(
  z.strictObject({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), created_at: z.iso.datetime() }),
)
type Kept = z.infer<typeof kept>[number]

export interface TokenInfo {
  readonly name: string
  /** ISO 8601 */
  readonly createdAt: string
}

export const tokenFile = (dataDir: string): string => join(dataDir, 'admin-tokens.json')

/** Only one process may have the folder: whoever holds its lock. */
export class Tokens {
  readonly #path: string
  readonly #clock: Clock
  readonly #random: Random
  #kept: readonly Kept[]
  /** Changes wait for each other. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(path: string, tokens: readonly Kept[], { clock, random }: { clock: Clock; random: Random }) {
    this.#path = path
    this.#kept = tokens
    this.#clock = clock
    this.#random = random
  }

  /** @throws Error naming the file when it is there and cannot be read */
  static async load(dataDir: string, parts: { readonly clock: Clock; readonly random: Random }): Promise<Tokens> {
    const path = tokenFile(dataDir)
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]'
      throw error
    })
    return new Tokens(path, parse(path, text), parts)
  }

  /** By name. */
  list(): readonly TokenInfo[] {
    return this.#kept.map(({ name, created_at }) => ({ name, createdAt: created_at }))
  }

  /** @returns the token, which nobody can learn again. @throws AdminError 'token-exists' | 'too-many-tokens' */
  add(name: string): Promise<string> {
    return this.#alone(async () => {
      if (this.#kept.some((token) => token.name === name))
        throw new AdminError('token-exists', `there is a token ${name} already`)
      if (this.#kept.length >= serverLimits.adminTokens)
        throw new AdminError('too-many-tokens', `there are ${this.#kept.length} tokens: revoke one first`)
      const token = this.#random(TOKEN_OCTETS).toString('base64url')
      const created_at = new Date(this.#clock.now()).toISOString()
      const added = { name, sha256: digest(token).toString('hex'), created_at }
      await this.#keep([...this.#kept, added].sort((a, b) => (a.name < b.name ? -1 : 1)))
      return token
    })
  }

  /** @throws AdminError 'no-such-token' */
  revoke(name: string): Promise<void> {
    return this.#alone(async () => {
      const left = this.#kept.filter((token) => token.name !== name)
      if (left.length === this.#kept.length) throw new AdminError('no-such-token', `there is no token ${name}`)
      await this.#keep(left)
    })
  }

  /** Digests are compared, each of them, so that time tells nothing of a guess. @returns the token's name, or null */
  nameOf(token: string): string | null {
    const given = digest(token)
    let found: string | null = null
    for (const { name, sha256 } of this.#kept) if (timingSafeEqual(Buffer.from(sha256, 'hex'), given)) found = name
    return found
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => {})
    return result
  }

  /** On disk before it is told: a power cut must not bring back a token that was revoked. */
  async #keep(tokens: readonly Kept[]): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify(tokens, null, 2)}\n`, 0o600)
    this.#kept = tokens
  }
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

function parse(path: string, text: string): readonly Kept[] {
  try {
    return kept.parse(JSON.parse(text))
  } catch {
    throw new Error(`${path} is not a list of tokens: remove it and make new tokens with "posthorn token add NAME"`)
  }
}
