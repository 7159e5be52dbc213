/** Content-Type and Content-Disposition. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../test/arbitraries.js'
import { type Parameter, parameterOf, parseDisposition, parseMediaType, parseToken } from './parameters.js'

const pairs = (parameters: readonly Parameter[]): string[] => parameters.map(({ name, value }) => `${name}=${value}`)

describe('parseMediaType', () => {
  test.each<[string, string, string[]]>([
    [' text/plain', 'text/plain', []],
    [' text/plain; charset=us-ascii (Plain text)', 'text/plain', ['charset=us-ascii']], // RFC 2045 §5.1
    [' text/plain; charset="us-ascii"', 'text/plain', ['charset=us-ascii']],
    [' text (a) / (b) plain (c) ; (d) charset (e) = (f) x (g)', 'text/plain', ['charset=x']],
    ['text/plain;\r\n\tname="a\r\n b";\r\n format=flowed', 'text/plain', ['name=a b', 'format=flowed']],
    ['a/b; name="say \\"hi\\" \\\\"', 'a/b', ['name=say "hi" \\']],
    ['a/b; name="semi;colon"; x=y', 'a/b', ['name=semi;colon', 'x=y']],
    ['a/b; name=my file (1).txt; x=y', 'a/b', ['name=my file (1).txt', 'x=y']],
    ['a/b; x=1 y=2', 'a/b', ['x=1', 'y=2']],
    ['a/b; x="1" y="2"', 'a/b', ['x=1', 'y=2']],
    ['a/b; name="never closed', 'a/b', ['name=never closed']],
    ['a/b; name=; x=y', 'a/b', ['name=', 'x=y']],
    ['a/b;; ;x=y;', 'a/b', ['x=y']],
    ['a/b; junk; =z; x=y', 'a/b', ['x=y']],
    ['a/b junk; x=y', 'a/b', ['x=y']],
    ['a/b; name=gr\xfcn', 'a/b', ['name=gr\xfcn']],
    ["a/b; name*=utf-8''%e2%82%ac", 'a/b', ["name*=utf-8''%e2%82%ac"]], // RFC 2231 stays as it is
  ])('%j', (value, type, parameters) => {
    const media = parseMediaType(value, 100)
    expect(`${media?.type}/${media?.subtype}`).toBe(type)
    expect(pairs(media?.parameters ?? [])).toEqual(parameters)
  })

  test.each(['', ' ', 'text', 'text/', '/plain', 'text; charset=x', '(text/plain)', `${'x'.repeat(128)}/y`])(
    '%j is none',
    (value) => {
      expect(parseMediaType(value, 100)).toBeNull()
    },
  )

  test('reads no more parameters than it may', () => {
    expect(parseMediaType(`a/b${'; x=y'.repeat(10)}`, 4)?.parameters).toHaveLength(4)
  })
})

test.each<[string, string | null, string[]]>([
  [' attachment; filename=genome.jpeg;\r\n modification-date="Wed, 12 Feb 1997 16:29:51 -0500"', 'attachment', ['filename=genome.jpeg', 'modification-date=Wed, 12 Feb 1997 16:29:51 -0500']], // biome-ignore format: RFC 2183 §3
  [' inline', 'inline', []],
  ['; filename=x', null, []],
])('Content-Disposition %j', (value, type, parameters) => {
  const disposition = parseDisposition(value, 100)
  expect(disposition?.type ?? null).toBe(type)
  expect(pairs(disposition?.parameters ?? [])).toEqual(parameters)
})

test.each([
  [' base64', 'base64'],
  [' (comment) 8bit (more)', '8bit'],
  ['7bit; x', '7bit'],
  ['', null],
])('the token of %j', (value, token) => {
  expect(parseToken(value)).toBe(token)
})

test.each([
  ['a/b; boundary=x', 'x'],
  ['a/b; BOUNDARY=x; boundary=y', 'x'],
  ["a/b; boundary*=us-ascii'en'x%20y", 'x y'],
  ["a/b; boundary*1=b; boundary*0*=utf-8''%41; boundary*2*=%43", 'AbC'], // RFC 2231 §4.1
  ['a/b; boundary*0=a; boundary*2=c', 'a'],
  ['a/b; boundary*1=a', null],
  ['a/b; boundary*=bad%zz', 'bad%zz'],
  ['a/b', null],
])('the boundary of %j', (value, boundary) => {
  expect(parameterOf(parseMediaType(value, 100)?.parameters ?? [], 'boundary')).toBe(boundary)
})

test('no octets make it fail', () => {
  fc.assert(
    fc.property(hostileOctets('/;="\\()\r\n* ab'), (value) => {
      parseMediaType(value.toString('latin1'), 100)
      parseMediaType(`a/b;${value.toString('latin1')}`, 100)
    }),
  )
})
