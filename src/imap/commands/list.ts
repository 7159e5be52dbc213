/** LIST: the names of mailboxes. */
import type { Mailbox } from '../../store/store.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { ok } from '../completion.js'
import { BadArgument } from '../errors.js'
import { ancestors, DELIMITER, mailboxMatcher } from '../mailbox-pattern.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

export interface List {
  readonly name: 'LIST'
  readonly reference: string
  readonly pattern: string
}

/** list = "LIST" SP mailbox SP list-mailbox: RFC 3501 §9 */
export function parseList(s: Scanner): List {
  const reference = s.sp().mailbox('a reference')
  return { name: 'LIST', reference, pattern: s.sp().listMailbox() }
}

/** mailbox-list: RFC 3501 §7.2.2 */
const listResponse = (attributes: readonly string[], name: string): string =>
  `LIST (${attributes.join(' ')}) "${DELIMITER}" ${imapAstring(encodeUtf7(name))}`

/**
 * The answers to a pattern. Where it ends in "%", levels that are no mailboxes themselves are told as well
 * (RFC 3501 §6.3.8). Special uses need no capability here (RFC 6154 §2).
 */
export function* listed(mailboxes: readonly Mailbox[], pattern: string): Generator<string> {
  const matches = mailboxMatcher(pattern)
  const told = new Set(mailboxes.map(({ name }) => name))
  for (const { name, specialUse } of mailboxes) {
    for (const level of pattern.endsWith('%') ? ancestors(name) : []) {
      if (told.has(level) || !matches(level)) continue
      told.add(level)
      yield listResponse(['\\Noselect'], level)
    }
    if (matches(name)) yield listResponse(specialUse === null ? [] : [specialUse], name)
  }
}

export const listCommands = {
  LIST: userRow<List>({
    rfc: 'RFC 3501 §6.3.8',
    numbers: 'renews',
    parse: parseList,
    async run({ store, account, out, limits }, { reference, pattern }) {
      if (reference.length + pattern.length > limits.listPattern)
        throw new BadArgument(`Reference and pattern may have ${limits.listPattern} characters`)
      // An empty pattern asks for the delimiter and the root of the reference.
      if (pattern === '') out.untagged(listResponse(['\\Noselect'], ''))
      else
        for (const line of listed(await store.listMailboxes(account), reference + pattern)) {
          out.untagged(line)
          if (out.full) await out.room()
        }
      return ok('LIST completed')
    },
  }),
}
