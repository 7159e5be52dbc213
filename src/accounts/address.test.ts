import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAddress } from './address.js'

test.each([
  ['alice@example.org', 'alice@example.org'],
  ['Alice@EXAMPLE.org', 'alice@example.org'],
  ['first.last+tag@example.org', 'first.last+tag@example.org'],
  ["o'brien@example.org", "o'brien@example.org"],
  ['alice@bücher.example', 'alice@xn--bcher-kva.example'],
  [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
  [`${'a'.repeat(65)}@example.org`, null],
  ['alice', null],
  ['', null],
  ['@example.org', null],
  ['alice@', null],
  ['.alice@example.org', null],
  ['alice.@example.org', null],
  ['al..ice@example.org', null],
  ['"al ice"@example.org', null],
  ['al ice@example.org', null],
  ['al\0ice@example.org', null],
  ['alice@example.org\r\n', null],
  ['alice@bob@example.org', null],
  ['ALIC\u00c9@example.org', 'alic\u00e9@example.org'],
  ['ALICE\u0301@B\u00dcCHER.example', 'alic\u00e9@xn--bcher-kva.example'],
  ['alice\u200b@example.org', null],
  ['\u212aate@example.org', null],
  ['alice@[127.0.0.1]', null],
  ['alice@127.0.0.1', null],
])('%j is the address %j', (text, address) => {
  expect(parseAddress(text)?.address ?? null).toBe(address)
})

test('no text makes it throw, and the canonical form is its own canonical form', () => {
  const text = fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary', maxLength: 80 }))
  fc.assert(
    fc.property(text, (input) => {
      const found = parseAddress(input)
      if (found === null) return
      expect(parseAddress(found.address)).toEqual(found)
      expect(found.address).toBe(`${found.localPart}@${found.domain}`)
      expect(found.domain).toMatch(/^[a-z0-9.-]+$/)
      expect(found.localPart).not.toMatch(/[\0-\x20\x7f@]|\p{C}|\p{Z}/u)
    }),
  )
})
