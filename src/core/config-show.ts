/** The effective configuration as a file that would give it, for `posthorn config show`. */
import { z } from 'zod'
import type { Config } from './config.js'
import { toSettings } from './config-build.js'
import { settings } from './config-schema.js'

type Table = { readonly [key: string]: unknown }

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTables = (value: unknown): value is readonly Table[] =>
  Array.isArray(value) && value.length > 0 && value.every(isTable)

/** A TOML value on one line. What JSON escapes, TOML escapes the same way, but for DEL. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  return JSON.stringify(value).replaceAll('\x7f', '\\u007f')
}

/** Keys first, then inner tables, as TOML wants them. */
function* write(table: Table, name: string): Generator<string> {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined)
  for (const [key, value] of entries) if (!isTable(value) && !isTables(value)) yield `${key} = ${inline(value)}`
  for (const [key, value] of entries) {
    const full = name === '' ? key : `${name}.${key}`
    for (const one of isTables(value) ? value : []) yield* ['', `[[${full}]]`, ...write(one, full)]
    if (isTable(value) && Object.keys(value).length > 0) yield* ['', `[${full}]`, ...write(value, full)]
  }
}

/** TOML with every default written out and paths absolute. Has no secrets: the configuration names files only. */
export function showConfig(config: Config): string {
  return `${[...write(z.encode(settings, toSettings(config)) as Table, '')].join('\n')}\n`
}
