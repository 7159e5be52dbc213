/** Which mailboxes a LIST pattern means: RFC 3501 §6.3.8. */

import { SEPARATOR } from '../store/mailbox-name.js'

export const DELIMITER = SEPARATOR

/** Runs of wildcards mean what one of them means. */
const simplify = (pattern: string): string => pattern.replace(/[%*]{2,}/g, (run) => (run.includes('*') ? '*' : '%'))

const [ANY, LEVEL, SLASH] = ['*', '%', DELIMITER].map((sign) => sign.charCodeAt(0))

/**
 * All ways at once: `open` marks the positions in `name` that can have been reached. No backtracking, so what it
 * costs is the product of the two lengths at most, whatever the pattern: some milliseconds for the longest.
 */
function matches(pattern: string, name: string): boolean {
  const open = new Uint8Array(name.length + 1)
  open[0] = 1
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern.charCodeAt(at)
    const reached = sign === ANY || sign === LEVEL ? spread(open, name, sign === LEVEL) : step(open, name, sign)
    if (!reached) return false
  }
  return open[name.length] === 1
}

/** Any number of characters, or with `within` those of one level. */
function spread(open: Uint8Array, name: string, within: boolean): true {
  let on = 0
  for (let i = 0; i <= name.length; i++) {
    on |= open[i] ?? 0
    open[i] = on
    if (within && name.charCodeAt(i) === SLASH) on = 0
  }
  return true
}

/** One character. @returns whether any position is reached still */
function step(open: Uint8Array, name: string, sign: number): boolean {
  let reached = 0
  for (let i = name.length; i > 0; i--) {
    const on = name.charCodeAt(i - 1) === sign ? (open[i - 1] ?? 0) : 0
    open[i] = on
    reached |= on
  }
  open[0] = 0
  return reached === 1
}

/** "%" matches no delimiter, "*" anything; INBOX in any case (RFC 3501 §5.1). */
export function mailboxMatcher(pattern: string): (name: string) => boolean {
  const simple = simplify(pattern).replace(/^inbox(?=[/%*]|$)/i, 'INBOX')
  const capitals = simple.toUpperCase()
  return (name) => matches(simple, name) || (name === 'INBOX' && matches(capitals, name))
}
