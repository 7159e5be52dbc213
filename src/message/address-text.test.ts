import { expect, test } from 'vitest'
import { addressesText, holdsAddresses } from './address-text.js'

test.each([
  ['fred@far.example', '<fred@far.example>'],
  ['Fred Smith <fred@far.example>', 'Fred Smith <fred@far.example>'],
  ['"Smith, Fred" <fred @ far . example>', 'Smith, Fred <fred@far.example>'],
  ['"Doc \\"X\\" Smith" <doc@far.example>', 'Doc "X" Smith <doc@far.example>'],
  ['fred@far.example (Fred Smith)', 'Fred Smith <fred@far.example>'],
  ['=?utf-8?q?J=C3=BCrgen?= "M." <j@far.example>, ann@here.example', 'Jürgen M. <j@far.example>, <ann@here.example>'],
  ['friends: a@b.example, c@d.example;', 'friends, <a@b.example>, <c@d.example>'],
  ['undisclosed-recipients:;', 'undisclosed-recipients'],
  ['\xc3\xa9@\xc3\xbc.example', '<é@ü.example>'],
  ['', ''],
])('%s', (value, text) => {
  expect(addressesText(value)).toBe(text)
})

test('fields of addresses are known in any case', () => {
  expect(['FROM', 'to', 'Reply-To', 'Subject', 'x-from'].map(holdsAddresses)).toEqual([true, true, true, false, false])
})
