import { describe, expect, test } from 'vitest'
import { BadSyntax } from '../errors.js'
import { Scanner } from '../scanner.js'
import { parseEnable, parseId } from './session.js'

const scan = (text: string): Scanner => new Scanner([{ text }], 10)
const fields = (n: number): string => ` (${Array.from({ length: n }, (_, i) => `"f${i}" "v"`).join(' ')})`

describe('ID', () => {
  test('gives what is said, names in small letters', () => {
    expect(parseId(scan(' ("Name" "Mutt" "os" NIL)')).fields).toEqual({ name: 'Mutt' })
    expect(parseId(scan(' nil')).fields).toEqual({})
    expect(parseId(scan(' ("__proto__" "x")')).fields).toEqual(Object.fromEntries([['__proto__', 'x']]))
  })

  test('is bounded as RFC 2971 §3.3 has it', () => {
    expect(Object.keys(parseId(scan(fields(30))).fields)).toHaveLength(30)
    expect(() => parseId(scan(fields(31)))).toThrow(BadSyntax)
    expect(parseId(scan(` ("${'n'.repeat(30)}" "${'v'.repeat(1024)}")`)).fields).not.toEqual({})
    expect(() => parseId(scan(` ("${'n'.repeat(31)}" "v")`))).toThrow(BadSyntax)
    expect(() => parseId(scan(` ("n" "${'v'.repeat(1025)}")`))).toThrow(BadSyntax)
  })
})

test('ENABLE takes one capability or more', () => {
  expect(parseEnable(scan(' a B')).wanted).toEqual(['A', 'B'])
  for (const text of ['', ' ', ' (A)', ' A  B']) expect(() => parseEnable(scan(text))).toThrow(BadSyntax)
})
