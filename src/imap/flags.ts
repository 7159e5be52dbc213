/** Flags between the wire and the store: RFC 3501 §2.3.2. */
import { imapLimits } from '../core/limits.js'
import { FLAG, type Flags } from '../store/changes.js'
import type { Scanner } from './scanner.js'

const NAMES: readonly (readonly [string, number])[] = [
  ['\\Answered', FLAG.answered],
  ['\\Flagged', FLAG.flagged],
  ['\\Deleted', FLAG.deleted],
  ['\\Seen', FLAG.seen],
  ['\\Draft', FLAG.draft],
]

/** All that a client may see, in the FLAGS response. */
export const systemFlags: readonly string[] = NAMES.map(([name]) => name)

/** The value of the FETCH item FLAGS: `(\Seen $Forwarded \Recent)`. */
export function formatFlags({ system, keywords }: Flags, recent: boolean): string {
  const names = NAMES.filter(([, bit]) => (system & bit) !== 0).map(([name]) => name)
  return `(${[...names, ...keywords, ...(recent ? ['\\Recent'] : [])].join(' ')})`
}

function parseKeyword(s: Scanner): string {
  const word = s.atom('a flag')
  return word.length <= imapLimits.keyword ? word : s.fail(`a keyword of at most ${imapLimits.keyword} octets`)
}

/** One flag, as `\Seen` or a keyword: RFC 3501 §9. \Recent cannot be given. */
function parseFlag(s: Scanner): string {
  return s.skip('\\') ? `\\${s.atom('the name of a flag')}` : parseKeyword(s)
}

/** Flags by name. Only those system flags exist that we know, and \Recent is not the client's to change (RFC 3501 §2.3.2). */
function toFlags(names: readonly string[], s: Scanner): Flags {
  let system = 0
  /** By their lower case: keywords do not differ by case alone. */
  const keywords = new Map<string, string>()
  for (const name of names) {
    const known = NAMES.find(([n]) => n.toLowerCase() === name.toLowerCase())
    if (known !== undefined) system |= known[1]
    else if (name.startsWith('\\')) s.fail(`a flag that exists, which ${name} does not, or may not be changed`)
    else if (!keywords.has(name.toLowerCase())) keywords.set(name.toLowerCase(), name)
  }
  return { system, keywords: [...keywords.values()] }
}

/** flag-list = "(" [flag *(SP flag)] ")" : RFC 3501 §9 */
export const parseFlagList = (s: Scanner): Flags =>
  toFlags(
    s.list(() => parseFlag(s), '"(" before the flags'),
    s,
  )

/** (flag-list / (flag *(SP flag))) : the end of store-att-flags, RFC 3501 §9 */
export function parseStoreFlags(s: Scanner): Flags {
  if (s.peek('(')) return parseFlagList(s)
  const names = [parseFlag(s)]
  while (s.skip(' ')) names.push(parseFlag(s))
  return toFlags(names, s)
}
