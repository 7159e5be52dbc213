/** What FETCH and UID FETCH ask for: RFC 3501 §9, rules fetch, fetch-att and section. Pure. */
import { imapLimits } from '../../core/limits.js'
import type { Scanner } from '../scanner.js'
import type { Section, SectionText } from '../sections.js'
import type { SequenceSet } from '../sets.js'
import { type FetchItem, fetchItems, fetchMacros, type ItemName } from './fetch-items.js'
import type { Window } from './fetch-octets.js'

export interface FetchArguments {
  readonly set: SequenceSet
  /** In the order asked, a macro spelled out. */
  readonly items: readonly FetchItem[]
}

const WORD = /[A-Z0-9.]+/iy
const PART = /[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*/y

/** fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")") */
export function parseFetch(s: Scanner): FetchArguments {
  const set = s.sp().sequenceSet()
  s.sp()
  if (!s.peek('(')) return { set, items: parseMacroOrItem(s) }
  let room = imapLimits.fetchItems
  const items = s.list(() => (room-- > 0 ? parseItem(s) : s.fail(`no more than ${imapLimits.fetchItems} data items`)))
  return { set, items: items.length > 0 ? items : s.fail('a data item') }
}

const itemNames = new Set<string>(Object.keys(fetchItems))
const isItem = (name: string): name is ItemName => itemNames.has(name)
const macros = new Map<string, readonly ItemName[]>(Object.entries(fetchMacros))

function parseMacroOrItem(s: Scanner): readonly FetchItem[] {
  const word = readName(s)
  const macro = macros.get(word)
  return macro === undefined ? [parseRest(s, word)] : macro.map(plain)
}

const parseItem = (s: Scanner): FetchItem => parseRest(s, readName(s))

/** The name of an item or macro; `BODY[]` where a section follows in the brackets. */
function readName(s: Scanner): string {
  const word = s.match(WORD)?.[0].toUpperCase() ?? s.fail('a data item')
  return s.peek('[') ? `${word}[]` : word
}

/** An item whose name says all. */
function plain(name: ItemName): FetchItem {
  const row = fetchItems[name]
  return { name, section: row.needs === 'octets' ? row.section : null, window: null }
}

function parseRest(s: Scanner, name: string): FetchItem {
  if (!isItem(name)) return s.fail('a known data item')
  if (name !== 'BODY[]' && name !== 'BODY.PEEK[]') return plain(name)
  return { name, section: parseSection(s), window: parseWindow(s) }
}

/** section = "[" [section-msgtext / (section-part ["." section-text])] "]" */
export function parseSection(s: Scanner): Section {
  const numbers = s.lit('[').match(PART)?.[0].split('.').map(Number)
  const more = numbers === undefined ? !s.peek(']') : s.skip('.')
  const text: SectionText = more ? parseText(s, numbers !== undefined) : { kind: 'whole' }
  s.lit(']')
  return { part: numbers ?? [], text }
}

/** section-msgtext; section-text, which adds MIME, behind part numbers. */
function parseText(s: Scanner, numbered: boolean): SectionText {
  const word = s.match(WORD)?.[0].toUpperCase()
  if (word === 'HEADER') return { kind: 'header' }
  if (word === 'TEXT') return { kind: 'text' }
  if (word === 'MIME' && numbered) return { kind: 'mime' }
  if (word !== 'HEADER.FIELDS' && word !== 'HEADER.FIELDS.NOT') return s.fail('a section of a message')
  const names = s.sp().list(() => s.astring('a header field name').toString('latin1'))
  if (names.length === 0) s.fail('a header field name')
  return { kind: 'fields', not: word === 'HEADER.FIELDS.NOT', names }
}

/** ["<" number "." nz-number ">"] */
function parseWindow(s: Scanner): Window | null {
  if (!s.skip('<')) return null
  const origin = s.number('the position of an octet')
  const count = s.lit('.').nonZero('a number of octets')
  s.lit('>')
  return { origin, count }
}
