/** What the schema finds wrong, in words and with the place: `posthorn.toml:12: smtp.idle_timout: unknown key; did you mean idle_timeout?` */
import { z } from 'zod'
import type { Overrides } from './config-env.js'
import { unwrapped } from './config-keys.js'
import { settings } from './config-schema.js'
import type { Path, TomlFile } from './config-toml.js'
import { described } from './config-values.js'
import { nearest } from './spelling.js'

type Issue = z.core.$ZodIssue

const TYPES: { readonly [type: string]: string } = {
  string: 'a text in quotes',
  number: 'a whole number',
  int: 'a whole number',
  array: 'a list',
  object: 'a table',
  boolean: 'true or false',
}

/** The words for an issue that has none of its own. Passed to the schema, because only here the input is known. */
export function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue
  if (input === undefined && issue.code !== 'unrecognized_keys') return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}, is ${described(input)}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}, is ${described(input)}`
    case 'too_small':
      return issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}, is ${described(input)}`
    case 'too_big':
      return issue.origin === 'array'
        ? `has more than ${issue.maximum} entries`
        : `must be at most ${issue.maximum}, is ${described(input)}`
    default:
      return undefined
  }
}

/** The keys that the table at `path` may have. */
function keysAt(path: Path): readonly string[] {
  let schema: unknown = settings
  for (const step of path) {
    const inner = unwrapped(schema)
    if (inner instanceof z.ZodObject) schema = inner.shape[step]
    else if (inner instanceof z.ZodArray) schema = inner.element
  }
  const inner = unwrapped(schema)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

/** One line for each thing that is wrong, in the order of the file. */
export function linesFor(issues: readonly Issue[], file: TomlFile, fileName: string, overrides: Overrides): string[] {
  const placed = issues.flatMap(eachKey).map(({ path, words }) => {
    const variable = overrides.nameOf(path)
    const line = file.lineOf(path)
    const key = path.filter((step) => typeof step === 'string').join('.')
    const place = variable ?? (line === null ? fileName : `${fileName}:${line}`)
    return { line: variable === null ? (line ?? 0) : Number.POSITIVE_INFINITY, text: `${place}: ${key}: ${words}` }
  })
  return placed.sort((a, b) => a.line - b.line || 0).map(({ text }) => text)
}

/** An issue with unknown keys is one complaint for each of them. */
function eachKey(issue: Issue): { readonly path: Path; readonly words: string }[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code !== 'unrecognized_keys') return [{ path, words: issue.message }]
  const known = keysAt(path)
  return issue.keys.map((key) => {
    const near = nearest(key, known)
    return { path: [...path, key], words: near === null ? 'unknown key' : `unknown key; did you mean ${near}?` }
  })
}
