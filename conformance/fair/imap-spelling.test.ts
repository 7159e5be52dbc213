/** Properties of the fair IMAP judge: a FETCH is accepted however it is spelled, refused when one leaf is another, and nothing that comes makes it throw. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OctetString, Piece } from '../transcript.js'
import { context, isAccepted, judged, ok } from './imap-dialogue.js'
import { readWritten } from './imap-written.js'

/** What an item is: leaves, and lists that keep their order or do not. */
type Tree =
  | { readonly kind: 'number'; readonly n: number }
  | { readonly kind: 'string'; readonly octets: OctetString }
  | { readonly kind: 'nil' }
  | { readonly kind: 'flags'; readonly flags: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }

type Items = readonly (readonly [string, Tree])[]

const octets: fc.Arbitrary<OctetString> = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(10, 13, 34, 40, 41, 92, 123, 125)), {
    maxLength: 12,
  })
  .map((codes) => String.fromCharCode(...codes))
  // Two braces are an island where they are written.
  .filter((text) => !text.includes('{{'))
const string: fc.Arbitrary<Tree> = octets.map((text) => ({ kind: 'string', octets: text }))
const nstring: fc.Arbitrary<Tree> = fc.oneof(string, fc.constant<Tree>({ kind: 'nil' }))
const flags = fc.subarray(['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft', '$Forwarded', 'work'])
const address: fc.Arbitrary<Tree> = fc
  .tuple(nstring, nstring, nstring, nstring)
  .map((items) => ({ kind: 'list', items }))
const addresses: fc.Arbitrary<Tree> = fc.oneof(
  fc.array(address, { minLength: 1, maxLength: 2 }).map((items): Tree => ({ kind: 'list', items })),
  fc.constant<Tree>({ kind: 'nil' }),
)
const envelope: fc.Arbitrary<Tree> = fc
  .tuple(nstring, nstring, addresses, addresses, addresses, addresses, addresses, addresses, nstring, nstring)
  .map((items) => ({ kind: 'list', items }))

const items: fc.Arbitrary<Items> = fc
  .tuple(
    flags.map((some): Tree => ({ kind: 'flags', flags: some })),
    fc.nat(4_000_000).map((n): Tree => ({ kind: 'number', n })),
    fc.nat(4_000_000).map((n): Tree => ({ kind: 'number', n })),
    envelope,
    nstring,
  )
  .chain(([marks, uid, size, head, body]) =>
    fc.shuffledSubarray<readonly [string, Tree]>(
      [
        ['FLAGS', marks],
        ['UID', uid],
        ['RFC822.SIZE', size],
        ['ENVELOPE', head],
        ['BODY[HEADER.FIELDS (SUBJECT TO)]', body],
      ],
      { minLength: 1 },
    ),
  )

/** Takes one decision after the other. */
type Choose = () => boolean
const choices = fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }).map((some) => () => {
  let i = 0
  return (): boolean => some[i++ % some.length] ?? false
})

const isQuotable = (text: OctetString): boolean => !/[\r\n]/.test(text)
const quoted = (text: OctetString): OctetString => `"${text.replace(/[\\"]/g, '\\$&')}"`

function spelled(tree: Tree, choose: Choose): OctetString {
  if (tree.kind === 'number') return String(tree.n)
  if (tree.kind === 'nil') return choose() ? 'NIL' : 'nil'
  if (tree.kind === 'list') return `(${tree.items.map((item) => spelled(item, choose)).join(' ')})`
  if (tree.kind === 'string')
    return isQuotable(tree.octets) && choose() ? quoted(tree.octets) : `{${tree.octets.length}}\r\n${tree.octets}`
  const marks = choose() ? [...tree.flags].reverse() : tree.flags
  return `(${marks.map((flag) => (choose() ? flag.toUpperCase() : flag)).join(' ')})`
}

const pair = ([name, tree]: Items[number], choose: Choose): OctetString =>
  `${choose() ? name : name.toLowerCase()} ${spelled(tree, choose)}`

const fetchOf = (some: Items, choose: Choose): OctetString =>
  `* 1 FETCH (${some.map((one) => pair(one, choose)).join(' ')})`

/** One FETCH for all of them, or some with a part each. */
function responsesOf(some: Items, choose: Choose): readonly OctetString[] {
  const parts: Items[] = []
  for (const one of some) {
    const last = parts.at(-1)
    if (last === undefined || choose()) parts.push([one])
    else parts[parts.length - 1] = [...last, one]
  }
  return parts.map((part) => fetchOf(part, choose))
}

/** As a transcript has it: with its literals as pieces. */
function piecesOf(some: Items): readonly Piece[] {
  const pieces: Piece[] = []
  let rest = fetchOf(some, () => true)
  for (;;) {
    const found = /\{(\d+)\}\r\n/.exec(rest.replace(/"(?:[^"\\]|\\.)*"/gs, (text) => '_'.repeat(text.length)))
    if (found === null) return [...pieces, { kind: 'line', text: rest }]
    const from = found.index + found[0].length
    const to = from + Number(found[1])
    pieces.push({ kind: 'line', text: rest.slice(0, from - 2) }, { kind: 'literal', octets: rest.slice(from, to) })
    rest = rest.slice(to)
  }
}

const unknown = { ...context, view: { ...context.view, uids: new Map() } }

function isSame(written: Items, came: Items, choose: Choose): boolean {
  const about = { must: true, words: '', at: 1 }
  const reply = readWritten([{ kind: 'line', text: ok }], about, () => undefined)
  const fetch = readWritten(piecesOf(written), about, () => undefined)
  return judged([fetch, reply], [...responsesOf(came, choose), ok], unknown)
}

/** How many leaves it has. */
function leavesOf(tree: Tree): number {
  return tree.kind === 'list' ? tree.items.reduce((sum, item) => sum + leavesOf(item), 0) : 1
}

/** The tree with its leaf number `at` another one. */
function changed(tree: Tree, at: number): Tree {
  if (tree.kind === 'number') return { kind: 'number', n: tree.n + 1 }
  if (tree.kind === 'nil') return { kind: 'string', octets: 'NIL' }
  if (tree.kind === 'string') return { kind: 'string', octets: `${tree.octets}x` }
  if (tree.kind === 'flags') return { kind: 'flags', flags: tree.flags.length > 0 ? tree.flags.slice(1) : ['other'] }
  let before = 0
  const items = tree.items.map((item) => {
    const first = before
    before += leavesOf(item)
    return at >= first && at < before ? changed(item, at - first) : item
  })
  return { kind: 'list', items }
}

describe('a FETCH of any items', () => {
  test('is accepted in any order, spelling and number of responses', () => {
    const shuffled = items.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray([...some], { minLength: some.length })),
    )
    fc.assert(
      fc.property(shuffled, choices, ([written, came], choose) => {
        expect(isSame(written, came, choose())).toBe(true)
      }),
    )
  })

  test('is refused when one leaf is another', () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.nat(), choices, (some, which, leaf, choose) => {
        const wrong = some.map(([name, tree], i): Items[number] =>
          i === which % some.length ? [name, changed(tree, leaf % leavesOf(tree))] : [name, tree],
        )
        expect(isSame(some, wrong, choose())).toBe(false)
      }),
    )
  })

  test('is refused when one item is missing', () => {
    fc.assert(
      fc.property(items, fc.nat(), choices, (some, which, choose) => {
        const fewer = some.filter((_, i) => i !== which % some.length)
        expect(isSame(some, fewer, choose())).toBe(false)
      }),
    )
  })
})

describe('octets without any sense', () => {
  const written = ['* 1 FETCH (FLAGS ({{*}}) {{*}})', '* LIST ({{*:.*}}) {{a:.*}} {{b:.*}}', '* {{n:\\d+}} EXISTS', ok]
  const word = fc.constantFrom(
    ...[
      '* ',
      '1 ',
      'FETCH ',
      'LIST ',
      'FLAGS ',
      'BODY[',
      ']',
      '(',
      ')',
      '"',
      '\\',
      '{3}\r\n',
      '{99999999}\r\n',
      'NIL ',
    ],
    ...['EXISTS', 'EXPUNGE', 'OK ', 'a ', '[COPYUID ', '1:*,', '4294967296', '\r\n', '\xff', '\0', '+ ', 'ENVELOPE '],
  )
  const noise = fc.array(fc.oneof(word, octets), { maxLength: 30 }).map((words) => words.join(''))

  test('are never thrown at', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 4 }), fc.array(noise, { maxLength: 2 }), (some, behind) => {
        const came = [...some, ...behind.map((text) => `* 1 FETCH (${text}`), ...behind.map((text) => `* ${text}`)]
        for (const response of came) expect(typeof isAccepted(written, [response, ok], context)).toBe('boolean')
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['parentheses', '('.repeat(100_000)],
    ['closed parentheses', `${'('.repeat(50_000)}${')'.repeat(50_000)}`],
    ['numbers', '1 '.repeat(100_000)],
    ['quotes', '"a" '.repeat(100_000)],
    ['literals', '{1}\r\na '.repeat(20_000)],
  ])('do not overflow anything: %s', (_, many) => {
    for (const name of ['SEARCH', 'SORT', 'THREAD', 'LIST', '1 FETCH', 'NAMESPACE', 'OK [COPYUID'])
      expect(isAccepted(written, [`* ${name} ${many}`, ok], context)).toBe(false)
  })
})
