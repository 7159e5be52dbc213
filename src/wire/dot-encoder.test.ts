import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DotDecoder } from './dot-decoder.js'
import { DotEncoder } from './dot-encoder.js'

/** What goes out, and whether a bare line end was seen. */
function encoded(message: Buffer, cuts: readonly number[] = []): [Buffer, boolean] {
  const encoder = new DotEncoder()
  let from = 0
  const pieces = [...cuts, message.length].flatMap((to) => {
    const part = message.subarray(from, to)
    from = to
    return encoder.push(part)
  })
  const end = encoder.end()
  return [Buffer.concat([...pieces, end]), encoder.bareLineEnd]
}

test.each([
  ['', '.\r\n', false],
  ['a', 'a\r\n.\r\n', false],
  ['a\r\n', 'a\r\n.\r\n', false],
  ['.\r\n', '..\r\n.\r\n', false],
  ['..a\r\n.b', '...a\r\n..b\r\n.\r\n', false],
  ['a.\r\n', 'a.\r\n.\r\n', false],
  ['a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n', false],
  ['a\n.\r\n', 'a\n.\r\n.\r\n', true],
  ['a\r.\r\n', 'a\r.\r\n.\r\n', true],
  ['a\r', 'a\r\r\n.\r\n', true],
  ['a\r\r\n', 'a\r\r\n.\r\n', true],
  ['\n', '\n\r\n.\r\n', true],
])('%j goes as %j', (message, sent, bare) => {
  expect(encoded(Buffer.from(message))).toEqual([Buffer.from(sent), bare])
})

const message = fc
  .array(fc.constantFrom('.', '\r', '\n', '\r\n', 'x', '\r\n.', '\0'))
  .map((parts) => Buffer.from(parts.join('')))

test('any cut goes the same, and comes out as it was', () => {
  fc.assert(
    fc.property(message, (octets) => {
      const [whole, bare] = encoded(octets)
      expect(encoded(octets, [...octets.keys()])).toEqual([whole, bare])
      const { data, done, used } = new DotDecoder().push(whole)
      expect(done && used === whole.length).toBe(true)
      const ended = octets.length === 0 || octets.toString().endsWith('\r\n')
      expect(data).toEqual(ended ? octets : Buffer.concat([octets, Buffer.from('\r\n')]))
    }),
  )
})
