import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scan } from '../../test/scan.js'
import { BadSyntax } from './errors.js'
import type { Scanner } from './scanner.js'

/** The value that `read` gives, the whole text being used. */
const whole = <T>(read: (s: Scanner) => T, wire: string): T => {
  const s = scan(wire)
  const value = read(s)
  s.end()
  return value
}
const astring = (s: Scanner): string => s.astring().toString('latin1')
const atom = (s: Scanner): string => s.atom()
const mailbox = (s: Scanner): string => s.mailbox()
const listMailbox = (s: Scanner): string => s.listMailbox()
const list = (s: Scanner): readonly string[] => s.list(() => s.atom())
const deep = (s: Scanner): readonly unknown[] => s.list(() => (s.peek('(') ? deep(s) : s.atom()))

describe('what is read', () => {
  test.each<[string, (s: Scanner) => unknown, unknown]>([
    ['atom', atom, 'atom'],
    ["a!#$&'+,-./:;<=>?@[^_`|}~", atom, "a!#$&'+,-./:;<=>?@[^_`|}~"],
    ['a]b', astring, 'a]b'],
    ['"quoted \\"string\\" \\\\"', astring, 'quoted "string" \\'],
    ['""', astring, ''],
    ['"\xe9"', astring, '\xe9'],
    ['{5}\r\na b\r\n', astring, 'a b\r\n'],
    ['{0}\r\n', astring, ''],
    ['{3+}\r\n{1}', astring, '{1}'],
    ['NIL', astring, 'NIL'],
    ['&U,BTFw-', mailbox, '台北'],
    ['"a &- b"', mailbox, 'a & b'],
    ['&', mailbox, '&'],
    ['a/%*]', listMailbox, 'a/%*]'],
    ['()', list, []],
    ['(a)', list, ['a']],
    ['(a b c)', list, ['a', 'b', 'c']],
    ['((a) () b)', deep, [['a'], [], 'b']],
    ['0', (s) => s.number(), 0],
    ['42', (s) => s.nonZero(), 42],
    ['9007199254740991', (s) => s.number(), Number.MAX_SAFE_INTEGER],
    ['1:*', (s) => s.sequenceSet().length, 1],
    ['sElEcT', (s) => s.keyword('a word'), 'SELECT'],
    ['Body[', (s) => s.lit('BODY[').done, true],
  ])('%s', (wire, read, value) => {
    expect(whole(read, wire)).toEqual(value)
  })
})

describe('what is refused', () => {
  test.each<[string, (s: Scanner) => unknown]>([
    ['', atom],
    ['(', atom],
    ['"a"', atom],
    ['a]', atom],
    ['a b', atom],
    ['a\x00', atom],
    ['\xe9', atom],
    ['\x7f', atom],
    ['a%', astring],
    ['"a', astring],
    ['"a\\x"', astring],
    ['"a\x00"', astring],
    ['"a\rb"', astring],
    ['"a\nb"', astring],
    ['{3}\r\na\x00b', astring],
    ['{1', astring],
    ['{1}x', astring],
    ['"\xff"', mailbox],
    ['"caf\xe9"', mailbox],
    ['(', list],
    ['(a', list],
    ['(a ', list],
    ['(a )', list],
    ['( a)', list],
    ['(a  b)', list],
    ['a)', list],
    ['(a))', list],
    ['-1', (s) => s.number()],
    ['99999999999999999999', (s) => s.number()],
    ['0', (s) => s.nonZero()],
    ['0', (s) => s.sequenceSet()],
    ['x', (s) => s.sequenceSet()],
    ['x', (s) => s.blob()],
    ['{1}\r\nx', (s) => s.blob()],
    [`${'('.repeat(10_000)}${')'.repeat(10_000)}`, deep],
  ])('%j', (wire, read) => {
    expect(() => whole(read, wire)).toThrow(BadSyntax)
  })
})

test('a refusal says what was expected, and where, literals counted', () => {
  const s = scan('{3}\r\nabc (')
  s.astring()
  expect(() => s.sp().atom('a flag')).toThrow('Expected a flag at octet 4')
})

test('random octets are read or refused, nothing else', () => {
  const pieces = fc.oneof(
    fc.constantFrom('(', ')', ' ', '"', '\\', '{3}\r\nabc', '{1+}\r\n\0', 'NIL', '*', '1:2', '&', ']', '\0', '\xff'),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }).map((s) => s.replace(/[\r\n{}]/g, '')),
  )
  const reads: readonly ((s: Scanner) => unknown)[] = [
    atom,
    astring,
    mailbox,
    listMailbox,
    list,
    deep,
    (s: Scanner) => s.sequenceSet(),
  ]
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), fc.constantFrom(...reads), (wire, read) => {
      try {
        whole(read, wire.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(BadSyntax)
      }
    }),
    { numRuns: 3000 },
  )
})
