/** Responses as a flat row of signs, in which a literal and an island are one sign each; of what comes, and of what is written. Pure. */
import { anyOfEach } from '../pattern.js'
import type { OctetString, Piece } from '../transcript.js'

/** Signs above all octets stand for literals and islands, by number. */
const LITERAL = 0xe000
const ISLAND = 0xf000
/** So many of each a response may have. */
const MOST = 0x1000

export interface Row {
  readonly signs: string
  readonly literals: readonly OctetString[]
  /** What stands between the braces. Of what comes there are none. */
  readonly islands: readonly string[]
}

const numberOf = (sign: string, first: number): number | null => {
  const code = sign.charCodeAt(0)
  return code >= first && code < first + MOST ? code - first : null
}

/** The literal that `sign` stands for, or null. */
export const literalAt = ({ literals }: Row, sign: string): OctetString | null => {
  const i = numberOf(sign, LITERAL)
  return i === null ? null : (literals[i] ?? null)
}

/** The island that `sign` stands for, or null. */
export const islandAt = ({ islands }: Row, sign: string): string | null => {
  const i = numberOf(sign, ISLAND)
  return i === null ? null : (islands[i] ?? null)
}

/** Signs as they are written: islands in their braces again. */
export const writtenAs = (row: Row, signs: string): OctetString =>
  signs.replace(/[\uf000-\uffff]/g, (sign) => `{{${islandAt(row, sign) ?? ''}}}`)

/** A response that came. @returns null for one that ends within a literal */
export function rowOf(response: OctetString): Row | null {
  const literals: OctetString[] = []
  let signs = ''
  let rest = response
  for (;;) {
    const end = rest.indexOf('\r\n')
    if (end === -1) return { signs: signs + rest, literals, islands: [] }
    const line = rest.slice(0, end)
    const [announced = '', size = ''] = /~?\{(\d+)\}$/.exec(line) ?? []
    const from = end + 2
    if (announced === '' || from + Number(size) > rest.length || literals.length === MOST) return null
    literals.push(rest.slice(from, from + Number(size)))
    signs += line.slice(0, -announced.length) + String.fromCharCode(LITERAL + literals.length - 1)
    rest = rest.slice(from + Number(size))
  }
}

/** A response as a transcript writes it; files must have become literals. Choices are any of their words. */
export function writtenRow(pieces: readonly Piece[]): Row {
  const literals: OctetString[] = []
  const islands: string[] = []
  let signs = ''
  let open = false
  for (const piece of pieces) {
    if (piece.kind === 'line') {
      signs += withIslands(anyOfEach(piece.text), islands)
      open = false
    } else if (piece.kind !== 'file') {
      if (open) literals.push((literals.pop() ?? '') + piece.octets)
      else {
        literals.push(piece.octets)
        signs = signs.replace(/~?\{(?:#|\d+)\}$/, '') + String.fromCharCode(LITERAL + literals.length - 1)
      }
      open = true
    }
  }
  return { signs, literals, islands }
}

const withIslands = (text: OctetString, islands: string[]): string =>
  text.replace(/\{\{(.+?)\}\}(?!\})/g, (_, island: string) => {
    islands.push(island)
    return String.fromCharCode(ISLAND + islands.length - 1)
  })

/** What a name has captured; undefined when nothing. */
export type Known = (name: string) => OctetString | undefined

/** A capture that is more than one word: several, or a list. */
export const isSeveral = (value: OctetString): boolean => value.includes(' ') || value.startsWith('(')

/** It may stand for several values: its text can have a space in it, or has. Computed ones have none. */
export function spans(island: string, known: Known): boolean {
  if (island === '*') return true
  const [, name = '', regex] = /^([A-Za-z]\w*|\*)(?::(.*))?$/.exec(island) ?? []
  const value = known(name)
  if (value !== undefined) return isSeveral(value)
  if (regex === undefined) return false
  return /\.[*+]| |\\s/.test(regex) || new RegExp(`^(?:${regex})$`).test('a b')
}
