/** The items of a FETCH response: a map by name, each compared as its kind wants it. Pure. */
import { sameBody } from './imap-body.js'
import { type Match, sameSet, sameValue, textOf } from './imap-match.js'
import { sameInstant } from './imap-numbers.js'
import { Unreadable, type Value } from './imap-values.js'

export interface Items {
  /** By name in one spelling. */
  readonly items: ReadonlyMap<string, Value>
  /** `{{*}}` stands among them: there may be any others. */
  readonly open: boolean
}

/** `BODY[HEADER.FIELDS ("To" from)]<0>`: in capitals, the fields unquoted and sorted. */
function nameOf(text: string): string {
  const [, head, fields, tail] = /^(.*?FIELDS(?:\.NOT)?) \((.*)\)(\].*)$/i.exec(text) ?? []
  if (head === undefined || fields === undefined) return text.toUpperCase()
  const sorted = fields.replaceAll('"', '').toUpperCase().split(/ +/).sort().join(' ')
  return `${head.toUpperCase()} (${sorted})${tail}`
}

/** @param list the values behind `* 1 FETCH`. @throws Unreadable */
export function itemsOf(list: readonly Value[]): Items {
  const [first, ...others] = list
  if (first?.kind === 'rest') return { items: new Map(), open: true }
  if (first?.kind !== 'list' || others.length > 0) throw new Unreadable('a FETCH response is one list')
  const items = new Map<string, Value>()
  let open = false
  for (let i = 0; i < first.items.length; i++) {
    const name = first.items[i]
    // Where a name should stand, it is the rest of the list; where a value should, it is any value.
    if (name?.kind === 'rest') open = true
    else i = addItem(items, name, first.items[i + 1]) + i
  }
  return { items, open }
}

/** @returns how many values that took beside the name. @throws Unreadable */
function addItem(items: Map<string, Value>, name: Value | undefined, value: Value | undefined): number {
  if (name?.kind !== 'atom' || value === undefined) throw new Unreadable('FETCH items come in pairs')
  if (items.has(nameOf(name.text))) throw new Unreadable(`${name.text} stands twice in one response`)
  items.set(nameOf(name.text), value)
  return 1
}

/** What a server may tell of a message at any time (RFC 3501 §7.4.2, RFC 7162 §3.2). */
export const VOLUNTEERED: ReadonlySet<string> = new Set(['FLAGS', 'UID', 'MODSEQ'])

export function sameItem(match: Match, name: string, written: Value, came: Value): boolean {
  if (name === 'FLAGS') {
    if (written.kind !== 'list' || came.kind !== 'list') return false
    return sameSet(match, written.items, came.items)
  }
  if (name === 'BODY' || name === 'BODYSTRUCTURE') return sameBody(match, written, came, name === 'BODYSTRUCTURE')
  if (name === 'INTERNALDATE') return sameInstant(match, textOf(written) ?? '', textOf(came) ?? '')
  return sameValue(match, written, came, null)
}
