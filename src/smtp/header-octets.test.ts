import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { HeaderOctets } from './header-octets.js'

test.each([
  ['Subject: plain\r\n\r\nGr\u00fc\u00dfe', false],
  ['Subject: Gr\u00fc\u00dfe\r\n\r\nx', true],
  ['Subject: x\r\n folded \u00fc\r\n\r\nx', true],
  ['\r\n\u00fc', false],
  ['\u00fc', true],
  ['X: a\r\n\r\nY: \u00fc', false],
  ['X: a\n\nY: \u00fc', false],
  ['', false],
])('%j: %s', (text, eightBit) => {
  fc.assert(
    fc.property(cut(Buffer.from(text)), (pieces) => {
      const header = new HeaderOctets()
      for (const piece of pieces) header.push(piece)
      expect(header.eightBit).toBe(eightBit)
    }),
  )
})
