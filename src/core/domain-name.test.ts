import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalDomain, lowerAscii } from './domain-name.js'

test.each([
  ['example.org', 'example.org'],
  ['EXAMPLE.Org', 'example.org'],
  ['localhost', 'localhost'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
  ['3com.com', '3com.com'],
  [`${'a'.repeat(63)}.org`, `${'a'.repeat(63)}.org`],
  [`${'a'.repeat(64)}.org`, null],
  [`${'a.'.repeat(126)}org`, null],
  ['', null],
  ['.', null],
  ['example.org.', null],
  ['.example.org', null],
  ['example..org', null],
  ['-example.org', null],
  ['example-.org', null],
  ['exa mple.org', null],
  ['exa_mple.org', null],
  ['example.org/x', null],
  ['example.org:25', null],
  ['user@example.org', null],
  ['127.0.0.1', null],
  ['[127.0.0.1]', null],
  ['0x7f.1', null],
  ['ü.0x7f.1', null],
  ['127.1', null],
  ['a%2eb', null],
  ['ü%41.org', null],
  ['a\0.org', null],
  ['ex\u200bample.org', 'example.org'],
])('%j is the domain %j', (text, name) => {
  expect(canonicalDomain(text)).toBe(name)
})

test('the canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.domain()), (text) => {
      const name = canonicalDomain(text)
      if (name !== null) expect(canonicalDomain(name)).toBe(name)
    }),
  )
})

test('letters outside ASCII keep their case: the Kelvin sign is no k', () => {
  expect(lowerAscii('AlicE\u212aÄ')).toBe('alice\u212aÄ')
})
