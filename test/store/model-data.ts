/** What the model store is made of, and the rules of flags, with no cleverness. */
import type { AccountId, BlobId } from '../../src/core/ids.js'
import type { MessageIndex } from '../../src/message/index-types.js'
import type { MessageKeys } from '../../src/message/message-keys.js'
import type { Flags, MessageEntry } from '../../src/store/changes.js'
import { StoreError } from '../../src/store/errors.js'
import type { Access, FlagMode, Mailbox, SendingSwitches, UserSecrets, UserStatus } from '../../src/store/store.js'

export interface Account {
  readonly id: AccountId
  readonly address: string
  displayName: string
  passwordHash: string
  secrets: UserSecrets | null
  status: UserStatus
  readonly createdAt: number
  lastLogin: number | null
  sending: SendingSwitches
  access: Access
}

export interface Box extends Omit<Mailbox, 'name' | 'uidValidity'> {
  readonly account: AccountId
  name: string
  uidValidity: number
  messages: MessageEntry[]
  /** By UID. */
  readonly threads: Map<number, string>
  /** UIDs that cost nothing. */
  readonly exempt: Set<number>
  uidNext: number
  modseq: number
  firstRecent: number
  /** What went, in its order, and up to which modseq that is forgotten. */
  expunged: { readonly modseq: number; readonly uid: number }[]
  expungedFloor: number
  readonly keywords: string[]
}

export interface Content {
  readonly id: BlobId
  readonly sha256: string
  readonly bytes: Buffer
  readonly index: MessageIndex
  readonly keys: MessageKeys
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
export const refuse = (refusal: StoreError['refusal']): StoreError => new StoreError(refusal, `model: ${refusal}`)
export const fold = (keyword: string): string => keyword.toLowerCase()
export { canonicalName as inbox } from '../../src/store/mailbox-name.js'

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
export const toMailbox = ({ id, name, specialUse, subscribed, uidValidity }: Box): Mailbox => ({
  id,
  name,
  specialUse,
  subscribed,
  uidValidity,
})

/** `names` in the order and spelling of the mailbox. */
export const inOrder = (box: Box, names: readonly string[]): string[] =>
  box.keywords.filter((k) => names.some((n) => fold(n) === fold(k)))

export function combine(box: Box, before: Flags, mode: FlagMode, given: Flags): Flags {
  const system = given.system & 31
  if (mode === 'set') return { system, keywords: inOrder(box, given.keywords) }
  if (mode === 'add') {
    return { system: before.system | system, keywords: inOrder(box, [...before.keywords, ...given.keywords]) }
  }
  const gone = given.keywords.map(fold)
  return { system: before.system & ~system, keywords: before.keywords.filter((k) => !gone.includes(fold(k))) }
}

export const sameFlags = (a: Flags, b: Flags): boolean =>
  a.system === b.system && a.keywords.join(' ') === b.keywords.join(' ')

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the model lost something')
  return value
}
