import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { type Config, parseConfig } from '../core/config.js'
import type { RunningServer } from './main.js'
import { supervise } from './signals.js'

const config = parseConfig(
  'hostname = "m.test"\ndata_dir = "d"\n[[listener]]\nservice = "smtp"\nport = 0',
  'x',
  {},
  '/',
)

/** A server that stops when `stopped` is called, and what was asked of it. */
function supervised(load: () => Promise<Config> = async () => config) {
  const asked: string[] = []
  const applied: Config[] = []
  const signals = new EventEmitter()
  const log = recordingLog()
  let stopped: () => void = () => {}
  let fail: (error: Error) => void = () => {}
  const stopping = new Promise<void>((resolve) => {
    stopped = resolve
  })
  const failed = new Promise<Error>((resolve) => {
    fail = resolve
  })
  const server = {
    sessions: 3,
    failed,
    reload: async () => void asked.push('reload'),
    stop: () => {
      asked.push('stop')
      return stopping
    },
  } as unknown as RunningServer // only what supervise looks at
  const code = supervise(server, { signals, log, load, applied: (next) => applied.push(next) })
  const emit = (signal: string): boolean => signals.emit(signal, signal)
  return { asked, applied, emit, log, stopped: () => stopped(), fail, code, signals }
}

const settled = (): Promise<void> => new Promise(setImmediate)

test.each(['SIGTERM', 'SIGINT'])('%s stops the server in order, with exit code 0', async (signal) => {
  const { asked, emit, stopped, code, log } = supervised()
  emit(signal)
  expect(asked).toEqual(['stop'])
  stopped()
  expect(await code).toBe(0)
  expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([['Shutdown requested', { signal }]])
})

test('a second signal ends it at once', async () => {
  const { emit, code, log } = supervised()
  emit('SIGINT')
  emit('SIGTERM')
  expect(await code).toBe(1)
  expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { signal: 'SIGTERM', sessions: 3 } })
})

test('SIGHUP reloads, and a configuration that is wrong leaves everything as it is', async () => {
  let wrong = false
  const { asked, applied, emit, log, signals } = supervised(async () => {
    if (wrong) throw new Error('posthorn.toml:3: hostnme: unknown key')
    return config
  })
  emit('SIGHUP')
  await settled()
  expect(asked).toEqual(['reload'])
  expect(applied).toEqual([config])
  wrong = true
  emit('SIGHUP')
  await settled()
  expect(asked).toEqual(['reload'])
  expect(log.lines.at(-1)).toMatchObject({
    level: 'error',
    fields: { error: 'posthorn.toml:3: hostnme: unknown key' },
  })
  expect(signals.listenerCount('SIGHUP')).toBe(1)
})

test('a store that can do no more ends the process', async () => {
  const { fail, code, log } = supervised()
  fail(new Error('the writer died'))
  expect(await code).toBe(1)
  expect(log.lines.at(-1)).toMatchObject({ level: 'fatal', fields: { error: 'the writer died' } })
})
