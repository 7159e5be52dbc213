/** Environment variables that override keys of the file: POSTHORN_SMTP__IDLE_TIMEOUT=1m. */
import { z } from 'zod'
import { unwrapped } from './config-keys.js'
import { settings } from './config-schema.js'
import { newTable, type Path, readToml, type Table } from './config-toml.js'
import { nearest } from './spelling.js'

export type Environment = { readonly [name: string]: string | undefined }

const PREFIX = 'POSTHORN_'

export interface Overrides {
  /** The variable that a key was set by, or null. */
  nameOf(path: Path): string | null
  /** Complaints about variables that name no key. */
  readonly lines: readonly string[]
}

/** smtp.idle_timeout → POSTHORN_SMTP__IDLE_TIMEOUT */
const variableOf = (path: readonly string[]): string => PREFIX + path.join('__').toUpperCase()

/** Every key that a variable can set, by variable. Lists of tables are for the file alone. */
function overridable(): ReadonlyMap<string, { readonly path: readonly string[]; readonly schema: z.ZodType }> {
  const found = new Map<string, { readonly path: readonly string[]; readonly schema: z.ZodType }>()
  const walk = (shape: z.ZodRawShape, above: readonly string[]): void => {
    for (const [name, schema] of Object.entries(shape)) {
      const inner = unwrapped(schema)
      const path = [...above, name]
      if (inner instanceof z.ZodObject) walk(inner.shape, path)
      else if (!(inner instanceof z.ZodArray && unwrapped(inner.element) instanceof z.ZodObject))
        found.set(variableOf(path), { path, schema: schema as z.ZodType })
    }
  }
  walk(settings.shape, [])
  return found
}

/** The readings of a value: as it is, "a,b" as a list, and as TOML. The first that fits the key is taken. */
function reading(value: string, schema: z.ZodType): unknown {
  const list = value === '' ? [] : value.split(',').map((item) => item.trim())
  return [value, list, asToml(value)].find((input) => schema.safeParse(input).success) ?? value
}

function asToml(value: string): unknown {
  try {
    return readToml(`value = ${value}`, '').data['value']
  } catch {
    return value
  }
}

/** The table at `section`, made if it is not there; null when the file has something else in its place. */
function tableAt(data: Table, section: readonly string[]): Table | null {
  let table = data
  for (const name of section) {
    table[name] ??= newTable()
    const inner = table[name]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return null
    table = inner as Table
  }
  return table
}

/**
 * Sets in `data` what the variables say. A name without `__` that is no key is left alone: container
 * platforms set names such as POSTHORN_PORT of their own accord.
 */
export function applyEnvironment(data: Table, env: Environment): Overrides {
  const keys = overridable()
  const names = new Map<string, string>()
  const lines: string[] = []
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(PREFIX)) continue
    const key = keys.get(name)
    if (key !== undefined) {
      const table = tableAt(data, key.path.slice(0, -1))
      if (table !== null) table[key.path.at(-1) ?? ''] = reading(value, key.schema)
      names.set(JSON.stringify(key.path), name)
    } else if (name.includes('__')) lines.push(unknown(name, [...keys.keys()]))
  }
  const nameOf = (path: Path): string | null => {
    for (let length = path.length; length > 0; length--) {
      const name = names.get(JSON.stringify(path.slice(0, length)))
      if (name !== undefined) return name
    }
    return null
  }
  return { nameOf, lines }
}

function unknown(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `${name}: no key of the configuration${near === null ? '' : `; did you mean ${near}?`}`
}
