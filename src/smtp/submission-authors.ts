/**
 * Whom a message says that it is from, and whether the user who sends it may say so (RFC 6409 §6.1). Pure.
 *
 * - Every address in From must be the user's.
 * - Where From names several, or nobody (RFC 6854 §2.1), it is enough that Sender is the user's, which RFC 5322
 *   §3.6.2 wants there, and that one author is, if there is any. A Sender beside one foreign author is not
 *   enough: most clients show the author alone.
 * - A Sender must always be the user's. A message without From says nothing of anybody.
 */
import { sendingLimits } from '../core/limits.js'
import { type Address, parseAddresses } from '../message/addresses.js'
import type { NotedField } from '../message/header-edit.js'

/** The fields that are looked at, in lower case. */
export const authorFields = ['from', 'sender'] as const

export interface Claims {
  /** null: the header has no such field. */
  readonly from: readonly Address[] | null
  readonly sender: readonly Address[]
}

/** What the fields say; null for more addresses than are looked at. */
export function claimsOf(fields: readonly NotedField[]): Claims | null {
  const from = fields.filter(({ name }) => name === 'from').flatMap(addressesIn)
  const sender = fields.filter(({ name }) => name === 'sender').flatMap(addressesIn)
  if (from.length + sender.length > sendingLimits.authors) return null
  return { from: fields.some(({ name }) => name === 'from') ? from : null, sender }
}

/** Without the beginnings and ends of groups, which have no host. */
const addressesIn = ({ value }: NotedField): Address[] =>
  parseAddresses(value, sendingLimits.authors + 1).filter(({ host }) => host !== null)

/** `owned` are those of the addresses that are the user's. */
export function mayClaim({ from, sender }: Claims, owned: ReadonlySet<Address>): boolean {
  const isOwned = (address: Address): boolean => owned.has(address)
  if (!sender.every(isOwned)) return false
  if (from === null) return true
  if (from.length === 1) return from.every(isOwned)
  if (from.length > 1 && from.every(isOwned)) return true
  return sender.length > 0 && (from.length === 0 || from.some(isOwned))
}
