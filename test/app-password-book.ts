/** App passwords in memory: what the model store and the accounts of tests are made of. */
import type { AccountId, AppPasswordId } from '../src/core/ids.js'
import { authLimits } from '../src/core/limits.js'
import { StoreError } from '../src/store/errors.js'
import type { AppPassword, AppPasswordStore, NewAppPassword, User } from '../src/store/store.js'
import { AliasBook } from './alias-book.js'

interface Kept {
  readonly account: AccountId
  readonly digest: string
  appPassword: AppPassword
}

const hex = (digest: Uint8Array): string => Buffer.from(digest).toString('hex')

export abstract class AppPasswordBook extends AliasBook implements AppPasswordStore {
  #kept: Kept[] = []
  #last = 0

  abstract findUser(address: string): Promise<User | null>

  async addAppPassword(address: string, { name, digest, access }: NewAppPassword): Promise<AppPassword> {
    const { id: account } = await this.#user(address)
    const own = this.#kept.filter((one) => one.account === account)
    if (own.some(({ appPassword }) => appPassword.name === name)) throw new StoreError('app-password-exists', name)
    if (own.length >= authLimits.appPasswords) throw new StoreError('too-many-app-passwords', address)
    const id = ++this.#last as AppPasswordId
    const appPassword = { id, name, access, createdAt: this.now(), lastUsed: null }
    this.#kept.push({ account, digest: hex(digest), appPassword })
    return appPassword
  }

  async listAppPasswords(address: string): Promise<readonly AppPassword[]> {
    const user = await this.findUser(address)
    return this.#kept
      .filter(({ account }) => account === user?.id)
      .map(({ appPassword }) => appPassword)
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  }

  async removeAppPassword(address: string, name: string): Promise<AppPasswordId> {
    const { id } = await this.#user(address)
    const gone = this.#kept.find(({ account, appPassword }) => account === id && appPassword.name === name)
    if (gone === undefined) throw new StoreError('no-such-app-password', name)
    this.#kept = this.#kept.filter((one) => one !== gone)
    return gone.appPassword.id
  }

  async findAppPassword(id: AccountId, digest: Uint8Array): Promise<AppPassword | null> {
    return this.#kept.find((one) => one.account === id && one.digest === hex(digest))?.appPassword ?? null
  }

  protected recordUse(id: AppPasswordId | undefined, at: number): void {
    for (const one of this.#kept)
      if (one.appPassword.id === id)
        one.appPassword = { ...one.appPassword, lastUsed: Math.max(one.appPassword.lastUsed ?? 0, at) }
  }

  protected forgetAppPasswords(id: AccountId): void {
    this.#kept = this.#kept.filter(({ account }) => account !== id)
  }

  async #user(address: string): Promise<User> {
    const user = await this.findUser(address)
    if (user === null) throw new StoreError('no-such-user', address)
    return user
  }
}
