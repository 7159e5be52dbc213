/** Which mailboxes a LIST pattern means: RFC 3501 §6.3.8. */

import { SEPARATOR } from '../store/mailbox-name.js'

export const DELIMITER = SEPARATOR

/** Runs of wildcards mean what one of them means. */
const simplify = (pattern: string): string => pattern.replace(/[%*]{2,}/g, (run) => (run.includes('*') ? '*' : '%'))

/** All ways at once: `open` holds the positions in `name` that can have been reached. No backtracking, so no pattern is slow. */
function matches(pattern: string, name: string): boolean {
  let open = new Set([0])
  for (const sign of pattern) {
    const next = new Set<number>()
    for (const at of open) {
      if (sign === '*') for (let i = at; i <= name.length && !next.has(i); i++) next.add(i)
      else if (sign === '%')
        for (let i = at; i <= name.length && !next.has(i); i++) {
          next.add(i)
          if (name[i] === DELIMITER) break
        }
      else if (name.startsWith(sign, at)) next.add(at + sign.length)
    }
    if (next.size === 0) return false
    open = next
  }
  return open.has(name.length)
}

/** "%" matches no delimiter, "*" anything; INBOX in any case (RFC 3501 §5.1). */
export function mailboxMatcher(pattern: string): (name: string) => boolean {
  const simple = simplify(pattern).replace(/^inbox(?=[/%*]|$)/i, 'INBOX')
  const capitals = simple.toUpperCase()
  return (name) => matches(simple, name) || (name === 'INBOX' && matches(capitals, name))
}
