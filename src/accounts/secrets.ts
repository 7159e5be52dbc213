/**
 * What is derived from a password for mechanisms that never send it (decision 2): SCRAM keys, and the password
 * itself sealed for CRAM-MD5. And the made-up ones of users that there are not, always the same for one name.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '../core/ids.js'
import type { ScramKeys, UserSecrets } from '../store/store.js'
import { normalised } from './password.js'
import { saslprep } from './saslprep.js'

/** Octets of the key that seals: DATA/secret.key. */
export const SECRET_KEY_OCTETS = 32

/** RFC 7677 §4: 4096 at least, and about 15,000 for a tenth of a second on the machines of its day. */
const ITERATIONS = 15_000
const SALT_OCTETS = 16

/** A sealed secret: format, nonce, tag, then the ciphertext (AES-256-GCM). */
const FORMAT = 1
const NONCE_OCTETS = 12
const TAG_OCTETS = 16

export interface SecretsOptions {
  /** SECRET_KEY_OCTETS of them. */
  readonly key: Buffer
  readonly random: Random
  readonly iterations?: number
}

/** RFC 5802 §3, with the hash of RFC 7677. `password` is prepared. */
export async function scramKeys(password: string, salt: Uint8Array, iterations: number): Promise<ScramKeys> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  return { salt, iterations, storedKey, serverKey: hmac(salted, 'Server Key') }
}

export class Secrets {
  readonly #random: Random
  readonly #iterations: number
  readonly #sealKey: Buffer
  readonly #decoyKey: Buffer
  readonly #appPasswordKey: Buffer

  constructor({ key, random, iterations = ITERATIONS }: SecretsOptions) {
    if (key.length !== SECRET_KEY_OCTETS) throw new Error(`the secret key has ${key.length} octets`)
    this.#random = random
    this.#iterations = iterations
    this.#sealKey = Buffer.from(hkdfSync('sha256', key, '', 'posthorn cram-md5 seal', 32))
    this.#appPasswordKey = Buffer.from(hkdfSync('sha256', key, '', 'posthorn app passwords', 32))
    this.#decoyKey = Buffer.from(hkdfSync('sha256', key, '', 'posthorn decoys', 32))
  }

  /** `address` canonical: what was sealed for one user opens for no other. */
  async derive(address: string, password: string): Promise<UserSecrets> {
    const prepared = saslprep(password)
    const salt = this.#random(SALT_OCTETS)
    const scram = prepared === null || prepared === '' ? null : await scramKeys(prepared, salt, this.#iterations)
    return { scram, cramMd5: this.#seal(address, Buffer.from(normalised(password))) }
  }

  /** The password that `derive` has sealed; null when it was sealed for somebody else or under another key. */
  open(address: string, sealed: Uint8Array): Buffer | null {
    const octets = Buffer.from(sealed)
    if (octets[0] !== FORMAT || octets.length < 1 + NONCE_OCTETS + TAG_OCTETS) return null
    const nonce = octets.subarray(1, 1 + NONCE_OCTETS)
    const decipher = createDecipheriv('aes-256-gcm', this.#sealKey, nonce).setAAD(Buffer.from(address))
    decipher.setAuthTag(octets.subarray(1 + NONCE_OCTETS, 1 + NONCE_OCTETS + TAG_OCTETS))
    try {
      return Buffer.concat([decipher.update(octets.subarray(1 + NONCE_OCTETS + TAG_OCTETS)), decipher.final()])
    } catch {
      return null
    }
  }

  /** What is kept of an app password, for `address` alone; `signs` as appPasswordSigns gives them. */
  appPasswordDigest(address: string, signs: string): Buffer {
    return hmac(this.#appPasswordKey, `${address}\0${signs}`)
  }

  /** Keys that belong to no password, for a name that has none: they look like those of a user. */
  decoyScram(name: string): ScramKeys {
    const salt = this.#decoy('salt', name).subarray(0, SALT_OCTETS)
    const [storedKey, serverKey] = [this.#decoy('stored', name), this.#decoy('server', name)]
    return { salt, iterations: this.#iterations, storedKey, serverKey }
  }

  decoyCram(name: string): Buffer {
    return this.#decoy('cram', name)
  }

  #decoy(what: string, name: string): Buffer {
    return hmac(this.#decoyKey, `${what}\0${name}`)
  }

  #seal(address: string, plain: Buffer): Buffer {
    const nonce = this.#random(NONCE_OCTETS)
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce).setAAD(Buffer.from(address))
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
    return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed])
  }
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()
