/** THREAD=REFERENCES: rules of RFC 5256 §3 one by one, and any messages against the algorithm word by word. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NaiveMessage, naiveThreads } from '../../test/naive-threads.js'
import { threadText } from '../../test/thread-text.js'
import { storeLimits } from '../core/limits.js'
import { type LinkLimits, ReferenceLinks } from './reference-links.js'
import { referenceThreads } from './reference-threads.js'
import { TextColumn, TooMuchToArrange } from './sort-order.js'

/** As few words as a message can be told in: `id <ref ref "subject" @date`, and `Re:` in the subject. */
interface Mail extends Partial<NaiveMessage> {
  readonly inReplyTo?: readonly string[]
}

function list(mails: readonly Mail[], limits: LinkLimits = storeLimits): Int32Array {
  const links = new ReferenceLinks(limits)
  const subjects = new TextColumn(1e6)
  const emptySubject = subjects.id('')
  for (const { id = null, references = [], inReplyTo = [] } of mails)
    links.add({ messageId: id, references, inReplyTo })
  return referenceThreads(links, {
    subjects: mails.map(({ subject = '' }) => subjects.id(subject)),
    emptySubject,
    replies: mails.map(({ isReply = false }) => Number(isReply)),
    dates: mails.map(({ date = 0 }) => date),
  })
}

const threads = (...mails: readonly Mail[]): string => threadText(list(mails))

const mail = (id: string | null, references = '', more: Mail = {}): Mail => ({
  id,
  references: references.split(' ').filter((one) => one !== ''),
  ...more,
})

describe('step 1: links', () => {
  test.each<[string, Mail[], string]>([
    ['nothing', [], ''],
    ['one message', [mail('<a>')], '(1)'],
    ['a reply', [mail('<a>'), mail('<b>', '<a>')], '(1 2)'],
    ['a reply that comes first', [mail('<b>', '<a>'), mail('<a>')], '(2 1)'],
    ['In-Reply-To where there are no References', [mail('<a>'), { id: '<b>', inReplyTo: ['<a>', '<x>'] }], '(1 2)'],
    [
      'References before In-Reply-To',
      [mail('<a>'), mail('<c>'), mail('<b>', '<a>', { inReplyTo: ['<c>'] })],
      '(1 3)(2)',
    ],
    ['a message between that is missing', [mail('<a>'), mail('<c>', '<a> <b>')], '(1 2)'],
    ['two children of a message that is missing', [mail('<b>', '<a>'), mail('<c>', '<a>')], '((1)(2))'],
    ['one child of a message that is missing', [mail('<b>', '<a>')], '(1)'],
    ['quotes that are not needed', [mail('<a@x>'), mail('<b>', '<"a"@x>'), mail('<c>', '<"\\a"@x>')], '(1 (2)(3))'],
    ['msg-ids differ by case', [mail('<a>'), mail('<b>', '<A>')], '(1)(2)'],
    ['the second of a Message-ID is nobody', [mail('<a>'), mail('<a>'), mail('<b>', '<a>')], '(1 3)(2)'],
    ['and has its own parent', [mail('<a>', '<p>'), mail('<a>', '<q>'), mail('<q>')], '(1)(3 2)'],
    ['no Message-ID', [mail(null), mail(null, '<a>'), mail('<a>')], '(1)(3 2)'],
    ['a message is its own parent', [mail('<a>', '<a>')], '(1)'],
    ['two answer each other', [mail('<a>', '<b>'), mail('<b>', '<a>')], '(2 1)'],
    ['three in a ring', [mail('<a>', '<c>'), mail('<b>', '<a>'), mail('<c>', '<b>')], '(3 1 2)'],
    ['a link that is there stays', [mail('<c>', '<a> <b>'), mail('<d>', '<x> <b>'), mail('<b>')], '(3 (1)(2))'],
    [
      'its own header knows better',
      [mail('<c>', '<a> <b>'), mail('<b>', '<x>'), mail('<a>'), mail('<x>')],
      '(3)(4 2 1)',
    ],
    ['and no references are none', [mail('<c>', '<a> <b>'), mail('<b>'), mail('<a>')], '(2 1)(3)'],
  ])('%s', (_, mails, text) => {
    expect(threads(...mails)).toBe(text)
  })
})

describe('the tree of the RFC (RFC 5256 §4)', () => {
  test('(2)(3 6 (4 23)(44 7 96))', () => {
    const mails: Mail[] = Array.from({ length: 96 }, (_, i) => mail(`<${i + 1}>`, '', { date: i }))
    const answers = { 6: '<3>', 4: '<3> <6>', 44: '<3> <6>', 23: '<4>', 7: '<44>', 96: '<7>' }
    for (const [id, references] of Object.entries(answers))
      mails[Number(id) - 1] = mail(`<${id}>`, references, { date: Number(id) })
    expect(threads(...mails)).toContain('(2)(3 6 (4 23)(44 7 96))(5)')
  })

  test('((3)(5)): siblings of a parent that is not there', () => {
    expect(threads(mail('<1>'), mail('<2>'), mail('<3>', '<x>'), mail('<4>'), mail('<5>', '<x>'))).toBe(
      '(1)(2)((3)(5))(4)',
    )
  })
})

describe('steps 4 and 6: siblings come by sent date, and by number where it is the same', () => {
  const [early, late] = [{ date: 1 }, { date: 2 }]
  test.each<[string, Mail[], string]>([
    ['threads', [mail('<a>', '', late), mail('<b>', '', early)], '(2)(1)'],
    ['children', [mail('<a>'), mail('<b>', '<a>', late), mail('<c>', '<a>', early)], '(1 (3)(2))'],
    ['the same date', [mail('<a>', '', late), mail('<b>', '', late)], '(1)(2)'],
    [
      'a dummy comes as its first child',
      [mail('<b>', '<x>', { date: 3 }), mail('<c>', '<x>', early), mail('<d>', '', late)],
      '((2)(1))(3)',
    ],
  ])('%s', (_, mails, text) => {
    expect(threads(...mails)).toBe(text)
  })
})

describe('step 5: threads of one subject', () => {
  const original = { subject: 'X' }
  const reply = { subject: 'X', isReply: true }
  test.each<[string, Mail[], string]>([
    ['an answer without references', [mail('<a>', '', original), mail('<b>', '', reply)], '(1 2)'],
    ['an answer that comes first', [mail('<b>', '', reply), mail('<a>', '', original)], '(2 1)'],
    ['two originals', [mail('<a>', '', original), mail('<b>', '', original)], '((1)(2))'],
    ['two answers', [mail('<a>', '', reply), mail('<b>', '', reply)], '((1)(2))'],
    [
      'two originals and an answer',
      [mail('<a>', '', original), mail('<b>', '', original), mail('<c>', '', reply)],
      '((1)(2)(3))',
    ],
    ['no subject joins nothing', [mail('<a>'), mail('<b>', '', { isReply: true })], '(1)(2)'],
    [
      'a dummy takes messages in',
      [mail('<a>', '', original), mail('<b>', '<x>', original), mail('<c>', '<x>', original)],
      '((1)(2)(3))',
    ],
    [
      'two dummies become one',
      [mail('<a>', '<x>', original), mail('<b>', '<x>'), mail('<c>', '<y>', reply), mail('<d>', '<y>')],
      '((1)(2)(3)(4))',
    ],
    [
      'what is below comes along',
      [mail('<a>', '', original), mail('<b>', '', reply), mail('<c>', '<b>', { subject: 'Y' })],
      '(1 2 3)',
    ],
    ['only threads, no children', [mail('<a>', '', original), mail('<b>'), mail('<c>', '<b>', reply)], '(1)(2 3)'],
  ])('%s', (_, mails, text) => {
    expect(threads(...mails)).toBe(text)
  })
})

const ids = fc.constantFrom(...'abcdefgh').map((letter) => `<${letter}>`)
const anyMail: fc.Arbitrary<NaiveMessage> = fc.record({
  id: fc.option(ids, { freq: 8 }),
  references: fc.uniqueArray(ids, { maxLength: 5 }),
  subject: fc.constantFrom('', 'X', 'Y', 'Z'),
  isReply: fc.boolean(),
  date: fc.integer({ min: 0, max: 4 }),
})

test('any messages come to the same as by the words of the RFC', () => {
  fc.assert(
    fc.property(fc.array(anyMail, { maxLength: 14 }), (mails) => {
      expect(threads(...mails)).toBe(naiveThreads(mails))
    }),
    { numRuns: 1000 },
  )
})

test('every message is in one thread, once', () => {
  fc.assert(
    fc.property(fc.array(anyMail, { maxLength: 40 }), (mails) => {
      const positions = [...list(mails)].filter((item) => item >= 0)
      expect(positions.sort((a, b) => a - b)).toEqual(mails.map((_, at) => at))
    }),
  )
})

test('where nobody contradicts anybody, the order in which mail came is no matter', () => {
  const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 12 }).map((choices) => {
    const ancestors: string[][] = []
    for (const [i, choice] of choices.entries()) {
      const parent = choice % (i + 1)
      ancestors.push(parent === i ? [] : [...(ancestors[parent] ?? []), `<${parent}>`])
    }
    return ancestors.map((references, date): Mail => ({ id: `<${date}>`, references, date }))
  })
  const shuffled = tree.chain((mails) =>
    fc.tuple(fc.constant(mails), fc.shuffledSubarray(mails, { minLength: mails.length })),
  )
  fc.assert(
    fc.property(shuffled, ([mails, other]) => {
      const name = (position: number): number => Number(other[position]?.date) + 1
      expect(threadText(list(other), name)).toBe(threads(...mails))
    }),
  )
})

const MANY = 100_000

test('a thread may be as deep as there are messages', () => {
  const deep = Array.from({ length: MANY }, (_, i) => mail(`<${i}>`, i === 0 ? '' : `<${i - 1}>`, { date: i }))
  const positions = Array.from(deep, (_, i) => i)
  expect([...list(deep)]).toEqual([-1, ...positions, -2])
  // The other way round, and so that each level splits: siblings come behind what is below them.
  const backward = list(deep.toReversed())
  expect([...backward]).toEqual([-1, ...positions.toReversed(), -2])
  const split = Array.from({ length: MANY }, (_, i) => mail(`<${i}>`, i < 2 ? '' : `<${i - 2 - (i % 2)}>`))
  expect([...list(split)].filter((item) => item >= 0)).toHaveLength(MANY)
})

test('links that come and go in deep trees take no long time', () => {
  // Each message has the whole chain hanging under another one, and then its own header says otherwise.
  const mails = Array.from({ length: MANY }, (_, i) =>
    mail(`<${i}>`, `<x${i % 7}> <${MANY - i}> <${(i * 7919) % MANY}>`),
  )
  expect([...list(mails)].filter((item) => item >= 0)).toHaveLength(MANY)
})

test('what is too much is refused', () => {
  const limits = { ...storeLimits, threadedMessages: 3 }
  expect(list([mail('<a>', '<b>'), mail('<c>')], limits)).toHaveLength(6)
  expect(() => list([mail('<a>', '<b> <c> <d>')], limits)).toThrow(TooMuchToArrange)
  expect(() => list([mail('<aaaa>')], { ...storeLimits, arrangedCharacters: 5 })).toThrow(TooMuchToArrange)
})
