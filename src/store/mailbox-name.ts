/** What a mailbox may be called, and how names stand to each other. */
import type { StoreLimits } from '../core/limits.js'
import { StoreError } from './errors.js'

/** Between the levels of a name. */
export const SEPARATOR = '/'

/** The one name that knows no case, also where others are below it (RFC 9051 §5.1). */
export const canonicalName = (name: string): string => name.replace(/^inbox(?=\/|$)/i, 'INBOX')

/** The names above a name, from the top: `a` and `a/b` of `a/b/c`. */
export function* levelsAbove(name: string): Generator<string> {
  for (let at = name.indexOf(SEPARATOR); at !== -1; at = name.indexOf(SEPARATOR, at + 1)) yield name.slice(0, at)
}

export const isBelow = (name: string, above: string): boolean => name.startsWith(above + SEPARATOR)

/** Control characters and line ends, halves of characters, and the wildcards of LIST, which would find more than the one. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}%*]/u

/**
 * Refuses names that no new mailbox gets; those that are there stay. A leading `#` is kept for namespaces
 * (RFC 3501 §5.1.2). @throws 'bad-mailbox-name' | 'long-mailbox-name'
 */
export function demandGoodName(name: string, limits: Pick<StoreLimits, 'mailboxNameOctets' | 'mailboxDepth'>): void {
  const levels = name.split(SEPARATOR)
  if (levels.length > limits.mailboxDepth || Buffer.byteLength(name) > limits.mailboxNameOctets)
    throw new StoreError('long-mailbox-name', `a mailbox name of ${levels.length} levels and ${name.length} characters`)
  if (levels.includes('') || name.startsWith('#') || FORBIDDEN.test(name))
    throw new StoreError('bad-mailbox-name', 'a mailbox name with an empty level, or characters that it may not have')
}
