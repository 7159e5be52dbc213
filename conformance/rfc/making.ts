/** The index of RFCs, made of their texts and of what we remember of the others. Pure. */
import { type IndexedRfc, sorted } from '../rfc-index.js'
import { examplesOf, protocolOf } from './examples.js'
import { parseRfc, type Section } from './text.js'
import { unread } from './unread.js'

type Index = Readonly<Record<string, IndexedRfc>>

/** @throws Error that names the RFC whose text cannot be read */
export function indexOf(texts: readonly { readonly number: string; readonly text: string }[]): Index {
  const read = texts.map(({ number, text }) => [number, indexed(number, text)] as const)
  const remembered = Object.entries(unread).map(([number, { title, sections }]): [string, IndexedRfc] => [
    number,
    { title, text: false, sections, examples: {} },
  ])
  return Object.fromEntries([...remembered, ...read])
}

function indexed(number: string, text: string): IndexedRfc {
  try {
    const { title, sections } = parseRfc(text)
    const titles = Object.fromEntries(sections.map((section) => [section.number, section.title]))
    return { title, text: true, sections: titles, examples: examplesBySection(sections) }
  } catch (error) {
    throw new Error(`RFC ${number}: ${error instanceof Error ? error.message : error}`)
  }
}

function examplesBySection(sections: readonly Section[]): Record<string, readonly string[]> {
  const protocol = protocolOf(sections)
  const all = sections.map(({ number, lines }) => [number, examplesOf(lines, protocol)] as const)
  return Object.fromEntries(all.filter(([, lines]) => lines.length > 0))
}

/** One line for each section and example, so that a difference can be read; in the order of the numbers. */
export function written(index: Index): string {
  const rfcs = Object.entries(index).map(
    ([number, { title, text, sections, examples }]) =>
      ` ${json(number)}: {\n  "title": ${json(title)},\n  "text": ${text},\n  "sections": ${members(sections, 3)},\n  "examples": ${members(examples, 3)}\n }`,
  )
  return `{\n${rfcs.join(',\n')}\n}\n`
}

/** Keys such as `10` would come first in an object of their own: they do where they are written in order. */
function members(values: Readonly<Record<string, unknown>>, indent: number): string {
  const lines = sorted(Object.keys(values)).map((key) => `${' '.repeat(indent)}${json(key)}: ${json(values[key])}`)
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${' '.repeat(indent - 1)}}`
}

const json = (value: unknown): string => JSON.stringify(value)
