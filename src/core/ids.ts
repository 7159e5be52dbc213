/** Identities: branded so that a UID is never taken for a sequence number, nor one table's id for another's. */
import { randomBytes } from 'node:crypto'

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** Identities made by the store. Opaque above it: compare and pass on, nothing else. */
export type AccountId = Branded<number, 'AccountId'>
export type AppPasswordId = Branded<number, 'AppPasswordId'>
export type MailboxId = Branded<number, 'MailboxId'>
export type BlobId = Branded<number, 'BlobId'>

/** RFC 9051 §2.3.1.1: 1 to 4294967295, ascending within a mailbox, never given twice under one UIDVALIDITY. */
export type Uid = Branded<number, 'Uid'>
/** RFC 9051 §2.3.1.2: the position of a message in one session's view, from 1. */
export type SeqNo = Branded<number, 'SeqNo'>
/** RFC 7162 §3.1: ascending within a mailbox, one step per change. */
export type ModSeq = Branded<number, 'ModSeq'>

/** `n` random octets. Passed in wherever chance is needed, so that a test can repeat a run. */
export type Random = (n: number) => Buffer
export const systemRandom: Random = (n) => randomBytes(n)

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789' // 32 signs, none that looks like another

/** A short id for connections, sessions and queue entries: 5 bits a sign, 12 signs unless told. */
export function newId(random: Random, length = 12): string {
  let id = ''
  for (const octet of random(length)) id += ALPHABET[octet & 31]
  return id
}
