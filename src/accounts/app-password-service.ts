/** Administration of app passwords, with all checks. */
import type { Random } from '../core/ids.js'
import { authLimits } from '../core/limits.js'
import type { Access, AccountStore, AppPassword, AppPasswordStore } from '../store/store.js'
import { appPasswordSigns, newAppPassword } from './app-password.js'
import { AccountError, declined } from './errors.js'
import { addressOf } from './named.js'
import type { SessionDesk } from './presence.js'
import type { Secrets } from './secrets.js'

export interface AppPasswordParts {
  readonly store: AppPasswordStore & Pick<AccountStore, 'findUser'>
  readonly secrets: Pick<Secrets, 'appPasswordDigest'>
  readonly random: Random
  readonly sessions: Pick<SessionDesk, 'endUser'>
}

/** One that was just made: `password` is shown now and known to nobody afterwards. */
export interface MadeAppPassword extends AppPassword {
  readonly password: string
}

/** Addresses are taken in any case and in U-labels; names of app passwords as they are. */
export class AppPasswordService {
  readonly #parts: AppPasswordParts

  constructor(parts: AppPasswordParts) {
    this.#parts = parts
  }

  /** @throws AccountError 'bad-*' | 'no-such-user' | 'app-password-exists' | 'too-many-app-passwords' */
  async add(text: string, name: string, access: Access): Promise<MadeAppPassword> {
    const { address } = addressOf(text)
    checkName(name)
    if (!access.smtp && !access.imap) throw new AccountError('bad-access', 'the app password would be for nothing')
    const password = newAppPassword(this.#parts.random)
    const digest = this.#parts.secrets.appPasswordDigest(address, appPasswordSigns(password) ?? password)
    const made = await this.#ask(address, name, (store) => store.addAppPassword(address, { name, digest, access }))
    return { ...made, password }
  }

  /** By name. @throws AccountError 'bad-address' | 'no-such-user' */
  async list(text: string): Promise<readonly AppPassword[]> {
    const { address } = addressOf(text)
    const user = await this.#ask(address, '', (store) => store.findUser(address))
    if (user === null) throw declined('no-such-user', address)
    return this.#ask(address, '', (store) => store.listAppPasswords(address))
  }

  /** Sessions that logged in with it end. @throws AccountError 'bad-address' | 'no-such-user' | 'no-such-app-password' */
  async revoke(text: string, name: string): Promise<void> {
    const { address } = addressOf(text)
    const appPassword = await this.#ask(address, name, (store) => store.removeAppPassword(address, name))
    this.#parts.sessions.endUser(address, 'revoked', { appPassword })
  }

  /** The store's refusals in words. */
  async #ask<T>(address: string, name: string, question: (store: AppPasswordParts['store']) => Promise<T>): Promise<T> {
    try {
      return await question(this.#parts.store)
    } catch (error) {
      throw AccountError.from(error, address, name)
    }
  }
}

function checkName(name: string): void {
  const problem =
    name.trim() === ''
      ? 'is empty'
      : /\p{Cc}/u.test(name)
        ? 'has a control character in it'
        : Buffer.byteLength(name) > authLimits.appPasswordNameOctets
          ? `is longer than ${authLimits.appPasswordNameOctets} octets`
          : null
  if (problem !== null) throw new AccountError('bad-app-password-name', `the name of the app password ${problem}`)
}
