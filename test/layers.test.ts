/** The rules of the house that a machine can hold: who imports whom, who knows the time, how large and how named a file is. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

import * as limits from '../src/core/limits.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Lower imports nothing from higher. A folder may use itself, what it lists, and what those list. */
const MAY_USE: { readonly [folder: string]: readonly string[] } = {
  core: [],
  wire: ['core'],
  message: ['core'],
  store: ['message'],
  accounts: ['store'],
  smtp: ['wire', 'accounts'],
  imap: ['wire', 'accounts'],
  queue: ['wire', 'store'],
  admin: ['accounts', 'queue'],
  server: ['smtp', 'imap', 'queue', 'admin'],
  cli: ['server', 'conformance'],
  conformance: ['server'],
  bench: ['cli', 'test'],
  test: ['cli', 'bench'],
}

function reach(folder: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(folder)) return seen
  seen.add(folder)
  for (const lower of MAY_USE[folder] ?? []) reach(lower, seen)
  return seen
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('fixtures'))
    .map((name) => `${folder}/${name}`)

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const all = ['src', 'conformance', 'bench', 'test'].flatMap(filesIn)
const sources = all.filter((file) => file.startsWith('src/') && !file.endsWith('.test.ts'))

/** src/imap/view.ts → imap; test/layers.test.ts → test. A test beside its source may use what test/ has. */
const folderOf = (file: string): string => file.split('/')[file.startsWith('src/') ? 1 : 0] ?? ''

/** Modules named in import, export … from and import(): those of ours as a path from the root, others as they are. */
function imported(file: string): string[] {
  const named = /^\s*(?:import|export)\b[^'"`;]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...read(file).matchAll(named)].map(([, from, called]) => {
    const module = from ?? called ?? ''
    return module.startsWith('.') ? normalize(join(dirname(file), module)) : module
  })
}
const isOurs = (module: string): boolean => ['src', 'conformance', 'bench', 'test'].includes(module.split('/')[0] ?? '')

const TIME =
  /\b(?:Date\.now|new Date\(\s*\)|setTimeout|setInterval|performance\.now|hrtime|scheduler\.wait|AbortSignal\.timeout)(?!\w)/
const CHANCE = /\b(?:Math\.random|random(?:Bytes|UUID|Int|FillSync))\b/

test.each([
  ['const t = Date.now()', true],
  ['const t = new Date()', true],
  ['const t = new Date(ms)', false],
  ["import { setTimeout as sleep } from 'node:timers/promises'", true],
  ["import { setImmediate } from 'node:timers/promises'", false],
  ['socket.setTimeoutLater()', false],
])('%s breaks the clock rule: %s', (code, breaks) => {
  expect(TIME.test(code)).toBe(breaks)
})

test('the rules look at all of it', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(imported('src/accounts/service.ts')).toContain('src/core/clock.js')
  expect(imported('src/core/config.ts')).toContain('src/core/config-error.js')
  expect([...reach('smtp')].sort()).toEqual(['accounts', 'core', 'message', 'smtp', 'store', 'wire'])
})

test.each(all)('%s imports only downwards', (file) => {
  const allowed = new Set(reach(folderOf(file)))
  if (file.endsWith('.test.ts')) allowed.add('test')
  for (const module of imported(file).filter(isOurs))
    expect([...allowed], `${file} → ${module}`).toContain(folderOf(module))
})

describe.each(sources)('%s', (file) => {
  const text = read(file)
  /** Without comments, so that they may speak of what the code must not do. */
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

  test('takes time from a Clock and chance from a Random', () => {
    if (file !== 'src/core/clock.ts') expect(code).not.toMatch(TIME)
    if (file !== 'src/core/ids.ts') expect(code).not.toMatch(CHANCE)
  })

  test('has its one job at the top, and fewer than 300 lines', () => {
    expect(text).toMatch(/^(?:#!.*\n)?\/\*\*/)
    expect(text.split('\n').length - 1).toBeLessThan(300)
  })

  test('is called after what it is', () => {
    expect(basename(file)).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/)
    expect(basename(file)).not.toMatch(/\b(?:utils?|helpers?|common|tools?|misc)\b/)
  })

  test('leaves nothing undone or unnamed', () => {
    expect(text).not.toMatch(/\b(?:TODO|FIXME|XXX|HACK)\b/)
    expect(code).not.toMatch(/^export default\b/m)
  })
})

/** Names and values of all `export const …Limits`. */
const limitsOf = Object.entries(limits).flatMap(([group, values]) =>
  Object.entries(values).map(([name, value]): [string, string, unknown] => [group, name, value]),
)

/** Limits that are off (0) until a configuration sets them. */
const OFF = ['messagesPerHourPerAddress', 'recipientsPerHourPerAddress', 'quotaMessages']

test.each(limitsOf)('%s.%s bounds something', (_, name, value) => {
  expect(value).toSatisfy((n: unknown) => Number.isSafeInteger(n) && (Number(n) > 0 || OFF.includes(name)))
  const users = sources.filter(
    (file) => !file.startsWith('src/core/limits') && new RegExp(`\\b${name}\\b`).test(read(file)),
  )
  expect(users).not.toEqual([])
})
