/** IMAP strings. */
import { expect, test } from 'vitest'
import { nstring, string } from './octet-string.js'

test.each([
  ['', '""'],
  ['abc def', '"abc def"'],
  ['tab\tand bell\x07', '"tab\tand bell\x07"'],
  ['say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'],
  ['Gr\xfc\xdfe', '{5}\r\nGr\xfc\xdfe'],
  ['"\xfc\\', '{3}\r\n"\xfc\\'],
  ['two\r\nlines', '{10}\r\ntwo\r\nlines'],
  ['bare\nfeed', '{9}\r\nbare\nfeed'],
  ['a\0b', '"ab"'],
  ['\0', '""'],
  ['\0"', '"\\""'],
  ['\xff\0', '{1}\r\n\xff'],
])('%j is sent as %j', (value, wire) => {
  expect(string(value)).toBe(wire)
})

test('nothing is NIL, an empty string is not', () => {
  expect(nstring(null)).toBe('NIL')
  expect(nstring('')).toBe('""')
  expect(nstring('NIL')).toBe('"NIL"')
})
