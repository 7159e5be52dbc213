/** STATUS: the figures of a mailbox that need not be selected. */
import type { MailboxId } from '../../core/ids.js'
import type { ImapLimits } from '../../core/limits.js'
import type { MailboxStatus } from '../../store/store.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { no, ok } from '../completion.js'
import type { UserContext } from '../context.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

/** What STATUS knows of a mailbox. `deletedCharge`: 0 unless it was asked for. */
interface Figures extends MailboxStatus {
  readonly deletedCharge: number
}

/**
 * status-att, and where its value comes from: RFC 3501 §6.3.10, RFC 8438 §3 (SIZE), RFC 7889 §3.1 (APPENDLIMIT),
 * RFC 9208 §4.1.4 (DELETED, DELETED-STORAGE).
 */
const ITEMS = {
  APPENDLIMIT: (_, { maxAppendSize }) => maxAppendSize,
  DELETED: ({ deleted }) => deleted,
  'DELETED-STORAGE': ({ deletedCharge }) => deletedCharge,
  MESSAGES: ({ messages }) => messages,
  RECENT: ({ recent }) => recent,
  SIZE: ({ size }) => size,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unseen }) => unseen,
} satisfies Record<string, (figures: Figures, limits: ImapLimits) => number>

export type StatusItem = keyof typeof ITEMS

/** All that can be asked for. */
export const statusItems: readonly string[] = Object.keys(ITEMS)

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

/** The STATUS response without `* `: RFC 3501 §7.2.4. @throws StoreError 'no-such-mailbox' | 'unavailable' */
export async function statusResponse(
  { store, limits }: Pick<UserContext, 'store' | 'limits'>,
  { id, name }: { readonly id: MailboxId; readonly name: string },
  items: readonly StatusItem[],
): Promise<string> {
  const status = await store.mailboxStatus(id)
  const figures = { ...status, deletedCharge: items.includes('DELETED-STORAGE') ? await store.deletedCharge(id) : 0 }
  const values = items.map((item) => `${item} ${ITEMS[item](figures, limits)}`)
  return `STATUS ${imapAstring(encodeUtf7(name))} (${values.join(' ')})`
}

export const statusCommands = {
  STATUS: userRow<Status>({
    rfc: 'RFC 3501 §6.3.10',
    numbers: 'renews',
    parse: parseStatus,
    async run(cx, { mailbox, items }) {
      const found = await cx.store.findMailbox(cx.account, mailbox)
      if (found === null) return no('NONEXISTENT', 'No such mailbox')
      cx.out.untagged(await statusResponse(cx, found, items))
      return ok('STATUS completed')
    },
  }),
}
