/** The data items of FETCH: one row for each, with what it needs to be answered and how its value is made. */
import type { MessageIndex, OctetString } from '../../message/index-types.js'
import type { MessageEntry } from '../../store/changes.js'
import { formatDateTime } from '../date-time.js'
import { formatFlags } from '../flags.js'
import { formatSection, type Section } from '../sections.js'
import type { Window } from './fetch-octets.js'

/** What a message is asked for at most; each holds those before it. 'index' opens no message, 'entry' reads nothing at all. */
export type Needs = 'entry' | 'index' | 'octets'

/** A message as this session knows it: the entry of all, and the \Recent of this session alone (RFC 3501 §2.3.2). */
export interface Known {
  readonly entry: MessageEntry
  readonly recent: boolean
}

type Row = { readonly rfc: string } & (
  | { readonly needs: 'entry'; readonly value: (known: Known) => OctetString }
  | { readonly needs: 'index'; readonly value: (index: MessageIndex) => OctetString }
  /** `section` null: the client names it in brackets. `setsSeen`: to read it is to have seen the message. */
  | { readonly needs: 'octets'; readonly setsSeen: boolean; readonly section: Section | null }
)

const WHOLE: Section = { part: [], text: { kind: 'whole' } }
const HEADER: Section = { part: [], text: { kind: 'header' } }
const TEXT: Section = { part: [], text: { kind: 'text' } }

const rows = {
  BODY: { rfc: 'RFC 3501 §6.4.5', needs: 'index', value: (index) => index.body },
  BODYSTRUCTURE: { rfc: 'RFC 3501 §6.4.5', needs: 'index', value: (index) => index.bodyStructure },
  'BODY[]': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: true, section: null },
  'BODY.PEEK[]': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: false, section: null },
  ENVELOPE: { rfc: 'RFC 3501 §6.4.5', needs: 'index', value: (index) => index.envelope },
  FLAGS: { rfc: 'RFC 3501 §6.4.5', needs: 'entry', value: ({ entry, recent }) => formatFlags(entry, recent) },
  INTERNALDATE: {
    rfc: 'RFC 3501 §6.4.5',
    needs: 'entry',
    value: ({ entry }) => formatDateTime(entry.internalDate, entry.internalZone),
  },
  RFC822: { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: true, section: WHOLE },
  'RFC822.HEADER': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: false, section: HEADER },
  'RFC822.SIZE': { rfc: 'RFC 3501 §6.4.5', needs: 'entry', value: ({ entry }) => String(entry.size) },
  'RFC822.TEXT': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: true, section: TEXT },
  UID: { rfc: 'RFC 3501 §6.4.8', needs: 'entry', value: ({ entry }) => String(entry.uid) },
} satisfies Record<string, Row>

export type ItemName = keyof typeof rows

/** What the table says, for any name. */
export const fetchItems: Readonly<Record<ItemName, Row>> = rows

/** Macros stand alone, and for these items in this order (RFC 3501 §6.4.5). */
export const fetchMacros = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
} as const satisfies Record<string, readonly ItemName[]>

/** An item as the client asked for it. */
export interface FetchItem {
  readonly name: ItemName
  /** Of the items that are octets; else null. */
  readonly section: Section | null
  /** Only BODY[…] and BODY.PEEK[…] can have one. */
  readonly window: Window | null
}

/** The item's name in a response: as it was asked, without PEEK and without the count (RFC 3501 §7.4.2). */
export function formatLabel({ name, section, window }: FetchItem): OctetString {
  if (section === null || (name !== 'BODY[]' && name !== 'BODY.PEEK[]')) return name
  return `BODY[${formatSection(section)}]${window === null ? '' : `<${window.origin}>`}`
}

/** An item with its name in responses, which is the same for every message. */
export interface PlannedItem extends FetchItem {
  readonly label: OctetString
}

/** All that one FETCH asks of each message. */
export interface Plan {
  readonly items: readonly PlannedItem[]
  /** The same with FLAGS, for a message whose flags this FETCH changes. */
  readonly itemsWithFlags: readonly PlannedItem[]
  /** The most that one of them needs. */
  readonly needs: Needs
  readonly setsSeen: boolean
}

const RANK = { entry: 0, index: 1, octets: 2 } as const

const planned = (item: FetchItem): PlannedItem => ({ ...item, label: formatLabel(item) })
const plannedName = (name: ItemName): PlannedItem => ({ name, section: null, window: null, label: name })

/** Those that would say the same twice are left out: by label and, what that does not show, by the count. */
function distinct(items: readonly PlannedItem[]): readonly PlannedItem[] {
  const first = new Map<string, PlannedItem>()
  for (const item of items) {
    const key = `${item.label} ${item.window?.count}`
    if (!first.has(key)) first.set(key, item)
  }
  return [...first.values()]
}

/** UID FETCH tells the UID, asked or not (RFC 3501 §6.4.8); it comes first, before any long literal. */
export function makePlan(asked: readonly FetchItem[], byUid: boolean): Plan {
  const items = distinct([...(byUid ? [plannedName('UID')] : []), ...asked.map(planned)])
  const rows = asked.map(({ name }) => fetchItems[name])
  return {
    items,
    itemsWithFlags: items.some(({ name }) => name === 'FLAGS') ? items : [plannedName('FLAGS'), ...items],
    needs: rows.reduce<Needs>((most, { needs }) => (RANK[needs] > RANK[most] ? needs : most), 'entry'),
    setsSeen: rows.some((row) => row.needs === 'octets' && row.setsSeen),
  }
}
