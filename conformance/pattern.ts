/** Patterns with islands: {{name}} captures and must be equal afterwards, {{name:regex}} says what it is, {{*}} is anything, {{501|500}} a choice. */
import { computed } from './computed.js'
import type { OctetString } from './transcript.js'

/** What was captured so far, and what the world gave: users, UIDs. */
export type Captures = Map<string, OctetString>

const ISLAND = /\{\{(.+?)\}\}(?!\})/
const WORD = '[^ ()\\[\\]\\r\\n]+'

/** `{{501|500}}`: what the transcript shows, and behind it what another server may say instead. */
const CHOICE = /\{\{([^:{}|]+(?:\|[^:{}|]+)+)\}\}/g

/** The exact reading of choices: the first of each. */
export const firstOfEach = (text: OctetString): OctetString =>
  text.replace(CHOICE, (_, words: string) => words.split('|')[0] ?? '')

/** The fair reading of choices: any of each. */
export const anyOfEach = (text: OctetString): OctetString =>
  text.replace(CHOICE, (_, words: string) => `{{*:${words.split('|').map(escaped).join('|')}}}`)

/** A regular expression's source for literal text with islands. @throws Error for an island that is none */
export function patternSource(text: OctetString, known: ReadonlyMap<string, string>, seen = new Set<string>()): string {
  return firstOfEach(text)
    .split(new RegExp(`(${ISLAND.source})`))
    .filter((_, i) => i % 3 !== 2)
    .map((piece) => {
      const island = new RegExp(`^${ISLAND.source}$`).exec(piece)?.[1]
      return island === undefined ? escaped(piece) : islandSource(island, known, seen)
    })
    .join('')
}

function islandSource(island: string, known: ReadonlyMap<string, string>, seen: Set<string>): string {
  if (island === '*') return '[^\\r\\n]*'
  if (island.startsWith('*:')) return `(?:${island.slice(2)})`
  const computation = computed(island, known)
  if (computation !== null) return escaped(computation)
  const [, name, regex = WORD] = /^([A-Za-z]\w*)(?::(.*))?$/.exec(island) ?? []
  if (name === undefined)
    throw new Error(`{{${island}}} is no island: {{name}}, {{name:regex}}, {{*}}, {{*:regex}} or {{one|other}}`)
  const value = known.get(name)
  if (value !== undefined) return escaped(value)
  if (seen.has(name)) return `\\k<${name}>`
  seen.add(name)
  return `(?<${name}>${regex})`
}

export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** @returns the captures of a whole match, or null */
export function match(source: string, text: OctetString): ReadonlyMap<string, string> | null {
  const found = new RegExp(`^(?:${source})$`).exec(text)
  return found === null ? null : new Map(Object.entries(found.groups ?? {}))
}

/** What a client sends: every island must be known. @throws Error for one that is not */
export function substitute(text: OctetString, known: ReadonlyMap<string, string>): OctetString {
  return text.replace(/\{\{([A-Za-z]\w*|[a-z][a-z0-9-]* [^{}]+)\}\}/g, (_, name: string) => {
    const value = known.get(name) ?? computed(name, known)
    if (value === null) throw new Error(`{{${name}}} has not been captured`)
    return value
  })
}

const RELATION = /^(\S+) (<|<=|=|!=|>=|>) (\S+)$/

/** `uid4 > uid3`: names of captures, or values as they are. Numbers are compared as numbers. @throws Error */
export function holds(relation: string, known: ReadonlyMap<string, string>): boolean {
  const [, left = '', operator = '', right = ''] = RELATION.exec(relation) ?? []
  if (operator === '') throw new Error(`"${relation}" is no relation such as uid4 > uid3`)
  const [a, b] = [meaning(left, known), meaning(right, known)]
  const order = /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
  return OPERATORS[operator]?.(order) ?? false
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>=': (order) => order >= 0,
  '>': (order) => order > 0,
}

function meaning(word: string, known: ReadonlyMap<string, string>): string {
  const value = known.get(word)
  if (value === undefined && !/^\d+$/.test(word)) throw new Error(`"${word}" has not been captured`)
  return value ?? word
}
