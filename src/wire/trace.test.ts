import { expect, test } from 'vitest'
import type { Log } from '../core/log.js'
import { Trace } from './trace.js'

function traced(act: (trace: Trace) => void): string[] {
  const lines: string[] = []
  const nothing = (): void => {}
  const log: Log = {
    trace: (_fields, message) => void lines.push(message),
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    fatal: nothing,
    child: () => log,
    isLevelEnabled: () => true,
  }
  act(new Trace(log))
  return lines
}

test('the dialogue, with secrets and content masked', () => {
  const lines = traced((trace) => {
    trace.client('EHLO a')
    trace.server('250 b\r\n')
    trace.clientSecret('AUTH PLAIN ')
    trace.clientSecret('')
    trace.clientContent(12)
    trace.serverContent(3000)
  })
  expect(lines).toEqual([
    'C: EHLO a',
    'S: 250 b',
    'C: AUTH PLAIN ***',
    'C: ***',
    'C: …(12 octets)',
    'S: …(3000 octets)',
  ])
})

test('a long line is cut, and says how long it was', () => {
  const [line = ''] = traced((trace) => trace.client('x'.repeat(5000)))
  expect(line.length).toBeLessThan(1100)
  expect(line).toMatch(/x…\(5000 octets\)$/)
})
