import { spawnSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Level } from './log.js'
import { createLogger } from './logger.js'

function logger(level: Level = 'info', pretty = false) {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLogger({ level, pretty, destination })
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) }
}

test('a line is JSON with time and level as words, the fields, and nothing of the machine', () => {
  const { log, parsed } = logger()
  log.child({ connection_id: 'c1' }).warn({ port: 25 }, 'Something')
  const [line] = parsed()
  expect(line).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    connection_id: 'c1',
    port: 25,
    msg: 'Something',
  })
})

test('what is below the level is not written', () => {
  const { log, parsed } = logger('warn')
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[level]({}, level)
  expect(parsed().map(({ msg }) => msg)).toEqual(['warn', 'error', 'fatal'])
  expect(log.isLevelEnabled('info')).toBe(false)
  expect(log.isLevelEnabled('warn')).toBe(true)
  expect(log.isLevelEnabled('loud')).toBe(false)
})

test('a change of level reaches children that exist already', () => {
  const { log, parsed } = logger('info')
  const child = log.child({ id: 1 }).child({ session: 2 })
  child.debug({}, 'before')
  log.level = 'debug'
  child.debug({}, 'after')
  log.level = 'error'
  child.info({}, 'later')
  expect(parsed()).toMatchObject([{ msg: 'after', id: 1, session: 2 }])
})

test('lines for people are not JSON', () => {
  const { log, lines } = logger('info', true)
  log.info({ port: 25 }, 'Listening')
  expect(lines.join('')).toMatch(/INFO.*Listening\s+port: 25/)
})

test('lines go to stderr, also those of the moment before the exit', () => {
  const code = `import { createLogger } from ${JSON.stringify(new URL('../../dist/src/core/logger.js', import.meta.url).href)}
    const log = createLogger({ level: 'info' })
    for (let i = 0; i < 500; i++) log.info({ i }, 'line')
    process.exit(0)`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  const lines = stderr.trim().split('\n')
  expect(lines).toHaveLength(500)
  expect(JSON.parse(lines[499] ?? '')).toMatchObject({ level: 'info', i: 499 })
})
