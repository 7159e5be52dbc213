/** docs/configuration.md says of every key what the schema says; `npx vitest run config-reference -u` writes it anew. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { unwrapped } from './config-keys.js'
import { settings } from './config-schema.js'

const INTRODUCTION = `# Configuration

<!-- Made from src/core/config-schema.ts: npx vitest run config-reference -u -->

One TOML file, which the program never changes. \`posthorn init\` writes one to begin with, \`posthorn config check FILE\`
says all that is wrong with one, \`posthorn config show FILE\` what is in force with every default.

- A duration is a whole number and a unit: \`"500ms"\`, \`"30s"\`, \`"5m"\`, \`"24h"\`, \`"7d"\`.
- A size is a number of octets, with a unit or without: \`"50MiB"\`, \`"50MB"\`, \`1024\`.
- Relative paths are relative to the folder of the file.
- A variable overrides a key: \`POSTHORN_SMTP__IDLE_TIMEOUT=1m\` is \`idle_timeout\` of \`[smtp]\`, \`POSTHORN_HOSTNAME\`
  is \`hostname\`. Lists are written \`a,b\`; lists of tables can be set in the file alone.
- SIGHUP makes a running server read this file and the certificates again. Sessions go on. At once in force are
  \`[tls]\`, \`[smtp]\`, \`[submission]\`, \`[imap]\`, \`[auth]\`, \`[accounts]\`, \`[quota]\`, \`[queue]\`, \`[log]\`,
  and \`max_connections\` of each listener: for connections, logins, look-ups and deliveries from then on. All else waits for a restart, and the log says so: \`needs_restart\`
  of "Configuration reloaded" names it.
`

const describe = (schema: unknown): string => {
  if (!(schema instanceof z.ZodType)) return ''
  const { description } = schema.meta() ?? {}
  return description ?? (hasInner(schema) ? describe(schema.unwrap()) : '')
}
const hasInner = (schema: unknown) =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional

/** The default as it would be written in the file. */
function preset(schema: unknown): string {
  if (schema instanceof z.ZodOptional) return ''
  if (!(schema instanceof z.ZodDefault)) return '*needed*'
  const written = z.encode(schema, schema.def.defaultValue)
  return code(JSON.stringify(written, null, 1).replace(/\n\s*/g, ' '))
}
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

const isTable = (schema: unknown): schema is z.ZodObject => schema instanceof z.ZodObject
const tableIn = (schema: unknown): z.ZodObject | null => {
  const inner = unwrapped(schema)
  const element = inner instanceof z.ZodArray ? unwrapped(inner.element) : null
  return isTable(element) ? element : null
}

function* keys(shape: z.ZodRawShape): Generator<string> {
  const rows = Object.entries(shape).filter(([, schema]) => !isTable(unwrapped(schema)) && tableIn(schema) === null)
  if (rows.length === 0) return
  yield* ['', '| key | default | |', '| --- | --- | --- |']
  for (const [name, schema] of rows) yield `| \`${name}\` | ${preset(schema)} | ${describe(schema)} |`
}

function* tables(shape: z.ZodRawShape, above: string): Generator<string> {
  for (const [name, schema] of Object.entries(shape)) {
    const inner = unwrapped(schema)
    const list = tableIn(schema)
    const heading = list === null ? `[${above}${name}]` : `[[${above}${name}]]`
    const table = list ?? (isTable(inner) ? inner : null)
    if (table === null) continue
    yield* ['', `## \`${heading}\``, '', `${describe(schema)}.`.replace(/^./, (first) => first.toUpperCase())]
    yield* keys(table.shape)
    yield* tables(table.shape, `${above}${name}.`)
  }
}

test('every key has a description', () => {
  const lines = [...keys(settings.shape), ...tables(settings.shape, '')]
  expect(lines.filter((line) => line.endsWith('|  |') || line === '.')).toEqual([])
})

test('docs/configuration.md', async () => {
  const text = [INTRODUCTION, '## At the top', ...keys(settings.shape), ...tables(settings.shape, ''), ''].join('\n')
  await expect(text).toMatchFileSnapshot('../../docs/configuration.md')
})
