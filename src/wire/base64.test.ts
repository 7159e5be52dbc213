import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.js'

test.each([
  ['', ''],
  ['Zg==', 'f'],
  ['Zm8=', 'fo'],
  ['Zm9v', 'foo'],
  ['Zm9vYg==', 'foob'],
  ['+/+/', '\xfb\xff\xbf'],
])('%j is %j (RFC 4648 §10)', (encoded, text) => {
  expect(decodeBase64(encoded)?.toString('latin1')).toBe(text)
  expect(encodeBase64(Buffer.from(text, 'latin1'))).toBe(encoded)
})

test.each([
  ['no padding', 'Zg'],
  ['half of the padding', 'Zg='],
  ['padding alone', '===='],
  ['one sign', 'Z==='],
  ['padding inside', 'Zg==Zm9v'],
  ['stray bits behind one octet', 'Zh=='],
  ['stray bits behind two', 'Zm9='],
  ['a space', 'Zm9v '],
  ['a line end', 'Zm9v\r\nZm9v'],
  ['the URL alphabet', '-_-_'],
  ['a sign outside', 'Zm9!'],
  ['NUL', 'Zm9\0'],
  ['a star', '*'],
])('%s is not base64: %j', (_what, text) => {
  expect(decodeBase64(text)).toBe(null)
})

test('decode undoes encode', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      expect(decodeBase64(encodeBase64(octets))).toEqual(Buffer.from(octets))
    }),
  )
})

test('whatever decodes has no other spelling', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-D\w+/=]{0,12}$/), (text) => {
      const octets = decodeBase64(text)
      if (octets !== null) expect(encodeBase64(octets)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('text is encoded as UTF-8', () => {
  expect(encodeBase64('ü')).toBe('w7w=')
})
