import { describe, expect, test } from 'vitest'
import { anyOfEach, holds, match, patternSource, substitute } from './pattern.js'
import { matchResponse } from './response.js'
import type { Piece } from './transcript.js'

const known = new Map([
  ['uid', '7'],
  ['word', 'a.b*'],
])
const captures = (pattern: string, text: string): object | null => {
  const found = match(patternSource(pattern, known), text)
  return found === null ? null : Object.fromEntries(found)
}

describe('patterns', () => {
  test.each([
    ['* 1 FETCH (FLAGS (\\Seen))', '* 1 FETCH (FLAGS (\\Seen))', {}],
    ['a.b', 'axb', null],
    ['a', 'ab', null],
    ['a OK {{*}}', 'a OK done (really)', {}],
    ['a OK {{*}}', 'a OK one\r\ntwo', null],
    ['UID {{uid}}', 'UID 7', {}],
    ['UID {{uid}}', 'UID 8', null],
    ['{{word}}', 'a.b*', {}],
    ['{{word}}', 'axbb', null],
    ['({{new}})', '(12)', { new: '12' }],
    ['{{new}}', 'two words', null],
    ['{{n:\\d{3}}} {{n}}', '123 123', { n: '123' }],
    ['{{n:\\d{3}}} {{n}}', '123 124', null],
    ['334 {{empty:}}', '334 ', { empty: '' }],
    ['{#}', '{#}', {}],
    ['{{*:\\d{3}}} {{*:a|b}}', '123 b', {}],
    ['{{*:\\d{3}}} {{*:a|b}}', '123 c', null],
    ['{{501|500}} no', '501 no', {}],
    ['{{501|500}} no', '500 no', null],
  ])('%j on %j', (pattern, text, found) => {
    expect(captures(pattern, text)).toEqual(found)
  })

  test.each([
    ['{{501|500}} no', '500 no', true],
    ['{{501|500}} no', '502 no', false],
    ['a {{NO|BAD}} {{code:x|y}}', 'a BAD y', true],
    ['a {{.|b}}', 'a c', false],
  ])('a choice, read fairly: %j on %j: %j', (pattern, text, fits) => {
    expect(captures(anyOfEach(pattern), text) !== null).toBe(fits)
  })

  test('islands of a SASL client are computed: RFC 2195 §2', () => {
    const tim = new Map([
      ['tim', 'tim'],
      ['tim_password', 'tanstaaftanstaaf'],
      ['challenge', 'PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+'],
    ])
    const answer = 'dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw'
    expect(substitute('{{cram-md5 tim challenge}}', tim)).toBe(answer)
    expect(substitute('{{cram-md5 tim:wrong challenge}}', tim)).not.toBe(answer)
    expect(match(patternSource('334 {{cram-md5 tim challenge}}', tim), `334 ${answer}`)).toEqual(new Map())
    expect(() => substitute('{{cram-md5 tim other}}', tim)).toThrow('{{other}} has not been captured')
  })

  test('an island that is none is an error', () => {
    expect(() => patternSource('{{not one}}', known)).toThrow('is no island')
  })

  test('what is sent must be known', () => {
    expect(substitute('FETCH {{uid}} {#}', known)).toBe('FETCH 7 {#}')
    expect(() => substitute('{{uid2}}', known)).toThrow('{{uid2}} has not been captured')
  })
})

describe('relations', () => {
  test.each([
    ['uid > 6', true],
    ['uid > 10', false],
    ['uid = 7', true],
    ['uid != uid', false],
    ['10 >= uid', true],
    ['uid <= 6', false],
    ['word != uid', true],
  ])('%s: %s', (relation, holding) => {
    expect(holds(relation, known)).toBe(holding)
  })

  test.each(['uid', 'uid ~ 7', 'uid > nothing'])('%j is none', (relation) => {
    expect(() => holds(relation, known)).toThrow()
  })
})

describe('responses with literals', () => {
  const line = (text: string): Piece => ({ kind: 'line', text })
  const literal = (octets: string): Piece => ({ kind: 'literal', octets })
  const file: Piece = { kind: 'file', name: 'f' }
  const compare = (came: string, ...pieces: Piece[]) =>
    matchResponse(pieces, came, new Map(known), async () => 'of a file')

  test.each([
    ['exactly', 'A {5}\r\na\r\nb)', [line('A {#}'), literal('a\r\nb'), line(')')], false],
    ['exactly', 'A {4}\r\na\r\nb)', [line('A {#}'), literal('a\r\nb'), line(')')], true],
    ['in pieces', 'A {4}\r\na\r\nb)', [line('A {#}'), literal('a\r\n'), literal('b'), line(')')], true],
    ['with its size', 'A {4}\r\na\r\nb)', [line('A {4}'), literal('a\r\nb'), line(')')], true],
    ['with an island', 'A {6}\r\na7xyz!)', [line('A {#}'), literal('a{{uid}}{{any:[a-z]+}}!'), line(')')], true],
    ['of a file', 'A {9}\r\nof a file', [line('A {#}'), file, line('')], true],
    ['of another', 'A {9}\r\nof a life', [line('A {#}'), file, line('')], false],
    ['two', 'A {1}\r\na B {1}\r\nb)', [line('A {#}'), literal('a'), line(' B {#}'), literal('b'), line(')')], true],
    ['none where one is expected', 'A a)', [line('A {#}'), literal('a'), line(')')], false],
    ['one where none is expected', 'A {1}\r\na)', [line('A {{*}}')], false],
  ] as const)('%s: %j', async (_how, came, pieces, fits) => {
    expect((await compare(came, ...pieces)) !== null).toBe(fits)
  })

  test('capture across their pieces', async () => {
    const pieces = [line('{{x}} {#}'), literal('{{x}}-{{y}}'), line(' {{y}}')]
    expect(await compare('1 {3}\r\n1-2 2', ...pieces)).toEqual(
      new Map([
        ['x', '1'],
        ['y', '2'],
      ]),
    )
    expect(await compare('1 {3}\r\n1-2 3', ...pieces)).toBe(null)
  })
})
