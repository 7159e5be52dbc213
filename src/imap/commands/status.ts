/** STATUS: the figures of a mailbox that need not be selected. */
import type { ImapLimits } from '../../core/limits.js'
import type { MailboxStatus } from '../../store/store.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { no, ok } from '../completion.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

/** status-att, and where its value comes from: RFC 3501 §6.3.10, RFC 8438 §3 (SIZE), RFC 7889 §3.1 (APPENDLIMIT). */
const ITEMS = {
  APPENDLIMIT: (_, { maxAppendSize }) => maxAppendSize,
  MESSAGES: ({ messages }) => messages,
  RECENT: ({ recent }) => recent,
  SIZE: ({ size }) => size,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unseen }) => unseen,
} satisfies Record<string, (status: MailboxStatus, limits: ImapLimits) => number>

export type StatusItem = keyof typeof ITEMS

export interface Status {
  readonly name: 'STATUS'
  readonly mailbox: string
  /** In the order asked, each once. */
  readonly items: readonly StatusItem[]
}

function parseItem(s: Scanner): StatusItem {
  const word = s.keyword('a status item')
  return Object.hasOwn(ITEMS, word) ? (word as StatusItem) : s.fail('a status item')
}

/** "(" status-att *(SP status-att) ")": RFC 3501 §9. Each once. */
export function parseStatusItems(s: Scanner): readonly StatusItem[] {
  const items = s.list(() => parseItem(s), '"(" before the status items')
  if (items.length === 0) s.fail('a status item')
  return [...new Set(items)]
}

/** status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")": RFC 3501 §9 */
export function parseStatus(s: Scanner): Status {
  const mailbox = s.sp().mailbox()
  return { name: 'STATUS', mailbox, items: parseStatusItems(s.sp()) }
}

/** The STATUS response without `* `: RFC 3501 §7.2.4 */
export function statusResponse(
  name: string,
  items: readonly StatusItem[],
  status: MailboxStatus,
  limits: ImapLimits,
): string {
  const values = items.map((item) => `${item} ${ITEMS[item](status, limits)}`)
  return `STATUS ${imapAstring(encodeUtf7(name))} (${values.join(' ')})`
}

export const statusCommands = {
  STATUS: userRow<Status>({
    rfc: 'RFC 3501 §6.3.10',
    numbers: 'renews',
    parse: parseStatus,
    async run({ store, account, out, limits }, { mailbox, items }) {
      const found = await store.findMailbox(account, mailbox)
      if (found === null) return no('NONEXISTENT', 'No such mailbox')
      const status = await store.mailboxStatus(found.id)
      out.untagged(statusResponse(found.name, items, status, limits))
      return ok('STATUS completed')
    },
  }),
}
