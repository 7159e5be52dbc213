import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileOctets } from '../../../test/arbitraries.js'
import { scan } from '../../../test/scan.js'
import { imapLimits } from '../../core/limits.js'
import { BadSyntax } from '../errors.js'
import { formatSection, type Section } from '../sections.js'
import { type FetchItem, fetchItems, formatLabel, type ItemName, makePlan } from './fetch-items.js'
import { parseFetch, parseSection } from './fetch-parse.js'

/** Reads all of it, as a row of the command table does. */
function parse(wire: string): readonly FetchItem[] {
  const s = scan(wire)
  const { items } = parseFetch(s)
  s.end()
  return items
}

const named = (...names: ItemName[]): FetchItem[] => names.map((name) => ({ name, section: null, window: null }))
const fields = (names: string[], not = false): Section => ({ part: [], text: { kind: 'fields', not, names } })

describe('what FETCH can ask for (RFC 3501 §6.4.5 and §9)', () => {
  test.each<[string, FetchItem[]]>([
    // Macros.
    [' 1 ALL', named('FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE')],
    [' 1 fast', named('FLAGS', 'INTERNALDATE', 'RFC822.SIZE')],
    [' 12 full', named('FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY')],
    // Items alone, and in a list.
    [' 1 FLAGS', named('FLAGS')],
    [' 1 (FLAGS)', named('FLAGS')],
    [' 1:* (UID rfc822.size InternalDate)', named('UID', 'RFC822.SIZE', 'INTERNALDATE')],
    [' 1 (BODY BODYSTRUCTURE ENVELOPE)', named('BODY', 'BODYSTRUCTURE', 'ENVELOPE')],
    // The three of RFC 822, each with the section that it stands for.
    [' 1 RFC822', [{ name: 'RFC822', section: { part: [], text: { kind: 'whole' } }, window: null }]],
    [' 1 RFC822.HEADER', [{ name: 'RFC822.HEADER', section: { part: [], text: { kind: 'header' } }, window: null }]],
    [' 1 RFC822.TEXT', [{ name: 'RFC822.TEXT', section: { part: [], text: { kind: 'text' } }, window: null }]],
    // Sections.
    [' 12 body[header]', [{ name: 'BODY[]', section: { part: [], text: { kind: 'header' } }, window: null }]],
    [' 1 BODY[]', [{ name: 'BODY[]', section: { part: [], text: { kind: 'whole' } }, window: null }]],
    [
      ' 1 BODY.PEEK[]<0.2048>',
      [{ name: 'BODY.PEEK[]', section: { part: [], text: { kind: 'whole' } }, window: { origin: 0, count: 2048 } }],
    ],
    [
      ' 1 BODY[4.2.2.1]<4294967295.1>',
      [
        {
          name: 'BODY[]',
          section: { part: [4, 2, 2, 1], text: { kind: 'whole' } },
          window: { origin: 4294967295, count: 1 },
        },
      ],
    ],
    [' 1 BODY[4.1.MIME]', [{ name: 'BODY[]', section: { part: [4, 1], text: { kind: 'mime' } }, window: null }]],
    [' 1 BODY[3.Text]', [{ name: 'BODY[]', section: { part: [3], text: { kind: 'text' } }, window: null }]],
    [
      ' 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])',
      [...named('FLAGS'), { name: 'BODY[]', section: fields(['DATE', 'FROM']), window: null }],
    ],
    [
      ' 1 body.peek[header.fields.not ("Date" {4}\r\nFrom x])]<5.6>',
      [{ name: 'BODY.PEEK[]', section: fields(['Date', 'From', 'x]'], true), window: { origin: 5, count: 6 } }],
    ],
    [
      ' 1 BODY[4.2.HEADER.FIELDS ({0}\r\n)]',
      [{ name: 'BODY[]', section: { ...fields(['']), part: [4, 2] }, window: null }],
    ],
  ])('%s', (wire, items) => expect(parse(wire)).toEqual(items))
})

describe('what is not in the grammar', () => {
  test.each([
    '',
    ' 1',
    ' 1 ',
    ' FLAGS',
    ' 0 FLAGS',
    ' 1  FLAGS',
    ' 1 ()',
    ' 1 (FLAGS',
    ' 1 FLAGS)',
    ' 1 FLAGS UID',
    ' 1 (FLAGS  UID)',
    ' 1 (FLAGS )',
    ' 1 ((FLAGS))',
    ' 1 (ALL)',
    ' 1 (FLAGS FAST)',
    ' 1 ALL FAST',
    ' 1 "FLAGS"',
    ' 1 {5}\r\nFLAGS',
    ' 1 FLAGSX',
    ' 1 CONSTRUCTOR',
    ' 1 __PROTO__',
    ' 1 BODY.PEEK',
    ' 1 BODYSTRUCTURE[]',
    ' 1 RFC822[]',
    ' 1 FLAGS[]',
    ' 1 RFC822<0.1>',
    ' 1 BODY<0.1>',
    ' 1 BODY[',
    ' 1 BODY[]]',
    ' 1 BODY []',
    ' 1 BODY[ ]',
    ' 1 BODY[0]',
    ' 1 BODY[01]',
    ' 1 BODY[1.0]',
    ' 1 BODY[1.]',
    ' 1 BODY[.1]',
    ' 1 BODY[1..2]',
    ' 1 BODY[12345678901]',
    ' 1 BODY[-1]',
    ' 1 BODY[MIME]',
    ' 1 BODY[HEADER.MIME]',
    ' 1 BODY[1.HEADER.1]',
    ' 1 BODY[TEXT.1]',
    ' 1 BODY[HEADERS]',
    ' 1 BODY[1HEADER]',
    ' 1 BODY[HEADER (Date)]',
    ' 1 BODY[HEADER.FIELDS]',
    ' 1 BODY[HEADER.FIELDS ()]',
    ' 1 BODY[HEADER.FIELDS(Date)]',
    ' 1 BODY[HEADER.FIELDS Date]',
    ' 1 BODY[HEADER.FIELDS (Date]',
    ' 1 BODY[HEADER.FIELDS ((Date))]',
    ' 1 BODY[HEADER.FIELDS.NOT.X (Date)]',
    ' 1 BODY[HEADER.FIELDS ("Da\0te")]',
    ' 1 BODY[HEADER.FIELDS ({1}\r\n\0)]',
    ' 1 BODY[]<>',
    ' 1 BODY[]<0>',
    ' 1 BODY[]<0.0>',
    ' 1 BODY[]<.1>',
    ' 1 BODY[]<-1.1>',
    ' 1 BODY[]<1.-1>',
    ' 1 BODY[]<0.1',
    ' 1 BODY[]<0.1>>',
    ' 1 BODY[] <0.1>',
    ' 1 BODY[]<0.99999999999999999999>',
  ])('%j', (wire) => expect(() => parse(wire)).toThrow(BadSyntax))
})

test('the number of items has a limit', () => {
  const list = (n: number): string => ` 1 (${Array(n).fill('FLAGS').join(' ')})`
  expect(parse(list(imapLimits.fetchItems))).toHaveLength(imapLimits.fetchItems)
  expect(() => parse(list(imapLimits.fetchItems + 1))).toThrow('data items')
})

test('random octets never do worse than BadSyntax', () => {
  const words = fc.constantFrom(
    'BODY',
    '.PEEK',
    '[',
    ']',
    'HEADER',
    '.FIELDS',
    '.NOT',
    ' (',
    ')',
    '<0.',
    '1',
    '>',
    '.',
    'MIME',
  )
  const wire = fc.oneof(
    hostileOctets('[]<>().{}"\\ 019*:,BODYPEK').map((octets) => octets.toString('latin1')),
    fc.array(words, { maxLength: 12 }).map((all) => ` 1 BODY${all.join('')}`),
  )
  fc.assert(
    fc.property(
      wire.filter((text) => !/[\r\n]|\{\d+\+?\}$/.test(text)),
      (text) => {
        try {
          parse(text)
        } catch (error) {
          expect(error).toBeInstanceOf(BadSyntax)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

const octet = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code))
const fieldName = fc.oneof(
  fc.constantFrom('Date', 'X-Spam-Level', 'NIL', '', 'a"b', 'a\\b', 'x]', 'caf\xe9', 'two\r\nlines', '{3}'),
  fc.array(octet, { maxLength: 12 }).map((all) => all.join('')),
)
const part = fc.array(fc.integer({ min: 1, max: 4_294_967_295 }), { maxLength: 6 })
const text = fc.oneof(
  fc.constantFrom({ kind: 'whole' as const }, { kind: 'header' as const }, { kind: 'text' as const }),
  fc.record({
    kind: fc.constant('fields' as const),
    not: fc.boolean(),
    names: fc.array(fieldName, { minLength: 1, maxLength: 4 }),
  }),
)
const section: fc.Arbitrary<Section> = fc.oneof(
  fc.record({ part, text }),
  fc.record({ part: part.filter((numbers) => numbers.length > 0), text: fc.constant({ kind: 'mime' as const }) }),
)

test('what a response names is what was asked', () => {
  fc.assert(
    fc.property(section, (asked) => {
      const s = scan(`[${formatSection(asked)}]`)
      expect(parseSection(s)).toEqual(asked)
      s.end()
    }),
    { numRuns: 1000 },
  )
})

describe('names in responses', () => {
  test.each([
    [' 1 body.peek[]', 'BODY[]'],
    [' 1 body[1.2.mime]<7.8>', 'BODY[1.2.MIME]<7>'],
    [' 1 BODY[HEADER.FIELDS (DATE FROM)]', 'BODY[HEADER.FIELDS (DATE FROM)]'],
    [' 1 BODY[header.fields.not ("date" {4}\r\nFrom)]', 'BODY[HEADER.FIELDS.NOT (date From)]'],
    [' 1 BODY[1.HEADER.FIELDS (x] "a b" "\\"")]', 'BODY[1.HEADER.FIELDS ("x]" "a b" "\\"")]'],
    [' 1 BODY[HEADER.FIELDS ({5}\r\nca\xef\r\n)]', 'BODY[HEADER.FIELDS ({5}\r\nca\xef\r\n)]'],
    [' 1 rfc822.header', 'RFC822.HEADER'],
  ])('%j: %j', (wire, label) => expect(parse(wire).map(formatLabel)).toEqual([label]))
})

describe('what a FETCH needs', () => {
  const plan = (wire: string) => makePlan(parse(wire), false)

  test.each([
    [' 1 FAST', 'entry', false],
    [' 1 (UID FLAGS)', 'entry', false],
    [' 1 ALL', 'index', false],
    [' 1 (FLAGS BODYSTRUCTURE)', 'index', false],
    [' 1 BODY.PEEK[]', 'octets', false],
    [' 1 (ENVELOPE BODY.PEEK[HEADER.FIELDS (Date)])', 'octets', false],
    [' 1 RFC822.HEADER', 'octets', false],
    [' 1 BODY[]', 'octets', true],
    [' 1 BODY[1.MIME]', 'octets', true],
    [' 1 BODY[HEADER]', 'octets', true],
    [' 1 RFC822', 'octets', true],
    [' 1 RFC822.TEXT', 'octets', true],
    [' 1 (BODY.PEEK[] BODY[])', 'octets', true],
  ])('%s', (wire, needs, setsSeen) => expect(plan(wire)).toMatchObject({ needs, setsSeen }))

  const labels = (wire: string, byUid: boolean): string[] =>
    makePlan(parse(wire), byUid).items.map(({ label }) => label)

  test('the same item twice is told once, but two pieces from one origin are two', () => {
    expect(labels(' 1 (FLAGS UID FLAGS)', false)).toEqual(['FLAGS', 'UID'])
    expect(labels(' 1 (BODY[] BODY.PEEK[] RFC822)', false)).toEqual(['BODY[]', 'RFC822'])
    expect(labels(' 1 (BODY[]<0.1> BODY[]<0.2> BODY.PEEK[]<0.2>)', false)).toEqual(['BODY[]<0>', 'BODY[]<0>'])
  })

  test('UID FETCH always tells the UID, once', () => {
    expect(labels(' 1 FLAGS', true)).toEqual(['UID', 'FLAGS'])
    expect(labels(' 1 (FLAGS UID)', true)).toEqual(['UID', 'FLAGS'])
  })

  test('FLAGS joins when \\Seen is new, unless it is there', () => {
    const withFlags = (wire: string): string[] => plan(wire).itemsWithFlags.map(({ label }) => label)
    expect(withFlags(' 1 BODY[]')).toEqual(['FLAGS', 'BODY[]'])
    expect(withFlags(' 1 (BODY[] FLAGS)')).toEqual(['BODY[]', 'FLAGS'])
  })
})

test('every item has a row that says where it is described', () => {
  for (const row of Object.values(fetchItems)) expect(row.rfc).toMatch(/^RFC \d+ §[\d.]+$/)
})
