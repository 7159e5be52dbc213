import { expect, test } from 'vitest'
import { oneLine, quoted } from './quoted.js'

test('what is quoted stays in its line, and is cut where it is endless', () => {
  expect(quoted('bob@example.org')).toBe('"bob@example.org"')
  expect(quoted('a\r\n"b"\u001b[31m')).toBe('"a\\r\\n\\"b\\"\\u001b[31m"')
  expect(quoted('\u0085\u2028')).toBe('"\\u0085\\u2028"')
  expect(quoted('x'.repeat(60_000))).toBe(`"${'x'.repeat(400)}…"`)
})

test('a line for people has no second line in it', () => {
  expect(oneLine('there is no session a\r\nb\u007f')).toBe('there is no session a\\u000d\\u000ab\\u007f')
})
