/** STATUS: the figures of a mailbox that need not be selected. */
import type { MailboxStatus } from '../../store/store.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { no, ok } from '../completion.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

/** status-att, and where its value comes from. */
const ITEMS = {
  MESSAGES: ({ messages }) => messages,
  RECENT: ({ recent }) => recent,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unseen }) => unseen,
} satisfies Record<string, (status: MailboxStatus) => number>

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

/** status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")": RFC 3501 §9 */
export function parseStatus(s: Scanner): Status {
  const mailbox = s.sp().mailbox()
  const items = s.sp().list(() => parseItem(s), '"(" before the status items')
  if (items.length === 0) s.fail('a status item')
  return { name: 'STATUS', mailbox, items: [...new Set(items)] }
}

export const statusCommands = {
  STATUS: userRow<Status>({
    rfc: 'RFC 3501 §6.3.10',
    numbers: 'renews',
    parse: parseStatus,
    async run({ store, account, out }, { mailbox, items }) {
      const found = await store.findMailbox(account, mailbox)
      if (found === null) return no('NONEXISTENT', 'No such mailbox')
      const status = await store.mailboxStatus(found.id)
      const values = items.map((item) => `${item} ${ITEMS[item](status)}`)
      out.untagged(`STATUS ${imapAstring(encodeUtf7(found.name))} (${values.join(' ')})`)
      return ok('STATUS completed')
    },
  }),
}
