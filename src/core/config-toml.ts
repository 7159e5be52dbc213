/** TOML text as plain data, with the line of every key, so that a complaint can point at it. */
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser'
import { ConfigError } from './config-error.js'

export type Path = readonly (string | number)[]

/** A table of the file. Made without a prototype: `__proto__` is a key like any other. */
export interface Table {
  [key: string]: unknown
}

export interface TomlFile {
  readonly data: Table
  /** Line of the innermost part of `path` that is in the file, or null when nothing of it is. */
  lineOf(path: Path): number | null
}

export const newTable = (): Table => Object.create(null) as Table

const idOf = (path: Path): string => JSON.stringify(path)

/** Walks the syntax tree. The parser has refused keys that are defined twice. */
class Reader {
  readonly lines = new Map<string, number>()
  readonly data = newTable()

  read(program: AST.TOMLProgram): void {
    for (const node of program.body[0].body) {
      if (node.type === 'TOMLKeyValue') this.#keyValue(this.data, [], node)
      else this.#table(node)
    }
  }

  #table(node: AST.TOMLTable): void {
    let into: Table = this.data
    node.resolvedKey.forEach((key, i) => {
      into = this.#inner(into, key, node.resolvedKey[i + 1])
      this.#note(node.resolvedKey.slice(0, i + 1), node)
    })
    for (const entry of node.body) this.#keyValue(into, node.resolvedKey, entry)
  }

  #keyValue(into: Table, path: Path, node: AST.TOMLKeyValue): void {
    const keys = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))
    const last = keys.pop() ?? ''
    let inner = into
    let where = path
    for (const key of keys) {
      inner = this.#inner(inner, key, last)
      where = [...where, key]
      this.#note(where, node)
    }
    this.#note([...where, last], node)
    inner[last] = this.#value(node.value, [...where, last])
  }

  #value(node: AST.TOMLContentNode, path: Path): unknown {
    if (node.type === 'TOMLValue') return node.value
    if (node.type === 'TOMLArray') {
      return node.elements.map((element, i) => {
        this.#note([...path, i], element)
        return this.#value(element, [...path, i])
      })
    }
    const table = newTable()
    for (const entry of node.body) this.#keyValue(table, path, entry)
    return table
  }

  /** What is at `key`, made if it is not there: an array when the next key is an index, else a table. */
  #inner(table: Table, key: string | number, next: string | number | undefined): Table {
    table[key] ??= typeof next === 'number' ? [] : newTable()
    return table[key] as Table
  }

  #note(path: Path, node: AST.TOMLNode): void {
    const id = idOf(path)
    if (!this.lines.has(id)) this.lines.set(id, node.loc.start.line)
  }
}

/** @throws ConfigError with the first error of syntax */
export function readToml(text: string, fileName: string): TomlFile {
  const reader = new Reader()
  try {
    reader.read(parseTOML(text.replace(/^\uFEFF/, ''), { tomlVersion: '1.0' }))
  } catch (error) {
    throw new ConfigError([syntaxLine(error, fileName)])
  }
  return {
    data: reader.data,
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const line = reader.lines.get(idOf(path.slice(0, length)))
        if (line !== undefined) return line
      }
      return null
    },
  }
}

/** Anything but errors of syntax and brackets that overflow the stack is a fault and thrown on. */
function syntaxLine(error: unknown, fileName: string): string {
  if (error instanceof ParseError) {
    const words = error.message.charAt(0).toLowerCase() + error.message.slice(1)
    return `${fileName}:${error.lineNumber}: ${words} (column ${error.column + 1})`
  }
  if (error instanceof RangeError) return `${fileName}: nested too deeply`
  throw error
}
