import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HtmlText } from './html-text.js'

function shown(...pieces: readonly string[]): string {
  const html = new HtmlText()
  return pieces.map((piece) => html.push(piece)).join('') + html.end()
}

test.each([
  ['Hello <b>wor</b>ld', 'Hello world'],
  ['<p>one</p><p>two</p>', 'one two '],
  ['a<br>b<br/>c', 'a b c'],
  ['a\r\n   b', 'a b'],
  ['<td>a</td><td>b</td>', 'a b '],
  ['gr&uuml;&szlig;e &amp; mehr &#8364;&#x20AC;', 'grüße & mehr €€'],
  ['&unknown; &copy &#0; &#xD800; &', '&unknown; © \ufffd \ufffd &'],
  ['&Scaron;&zwj;&nleftarrow;', 'Š\u200d↚'],
  ['a<!-- <b>no</b> -- > -->b', 'ab'],
  ['a<style>p{}</style>b', 'a b'],
  ['<SCRIPT type="x">if (a < b) "</p>"</SCRIPT >c', 'c'],
  ['a<img alt="x > y" src=z>b', 'a b'],
  ["a<p title=it's>b", 'a b'],
  ['1 < 2', '1 < 2'],
  ['<!DOCTYPE html><?xml?>a', 'a'],
  ['<script>never closed', ''],
  ['a<b', 'a'],
  ['a<!-- never closed', 'a'],
  ['a</', 'a</'],
])('%j reads %j', (html, text) => {
  expect(shown(html)).toBe(text)
})

test('how it is cut makes no difference', () => {
  const token = fc.constantFrom(
    '<',
    '</',
    '>',
    '<!--',
    '-->',
    '<b>',
    '<p ',
    'a="',
    '"',
    '&',
    'amp',
    ';',
    '&#65;',
    ' ',
    '<style>',
    '</style',
    'x',
    '-',
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 15 }), (tokens) => {
      const whole = shown(tokens.join(''))
      expect(shown(...tokens.join(''))).toBe(whole)
      expect(shown(...tokens)).toBe(whole)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['<b>', ''],
  ['</b>', ''],
  ['<p><i>', ''],
  ['<', '<'],
  ['&', '&'],
  ['<title>', '<title>'],
  ['<!--', ''],
  ['<a b="', ''],
])('nothing but %j takes no longer than it is long', (piece, each) => {
  const text = shown(piece.repeat(200_000), `-->">'></title>`)
  expect(text.startsWith(each)).toBe(true)
})
