/** Small mails and search programs at random, and what a program means, said as simply as it can be. */
import fc from 'fast-check'
import { FLAG, type Flags } from '../src/store/changes.js'

const DAY = 86_400_000
const MINUTE = 60_000

/** A day and a time as a calendar and a clock in `zone` show them. */
interface Local {
  readonly day: number
  readonly time: number
  readonly zone: number
}

/** What a mail is, known before it is written. */
export interface NaiveMail {
  readonly flags: Flags
  readonly internal: Local
  /** null: no Date field, or one that nobody can read. */
  readonly sent: Local | null
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
  readonly encoding: 'plain' | 'base64' | 'html'
}

/** A mail in its mailbox. */
export interface NaiveMessage extends NaiveMail {
  readonly seq: number
  readonly uid: number
  readonly size: number
  readonly recent: boolean
}

export interface NaiveMailbox {
  readonly count: number
  readonly lastUid: number
  readonly now: number
}

export interface NaiveKey {
  /** Octets as latin1. */
  readonly wire: string
  readonly holds: (message: NaiveMessage, mailbox: NaiveMailbox) => boolean
}

export const instant = ({ day, time, zone }: Local): number => day * DAY + time - zone * MINUTE

const FIRST_DAY = Date.UTC(2020, 1, 27) / DAY
export const NOW = (FIRST_DAY + 6) * DAY + 12_345

const day = fc.integer({ min: FIRST_DAY, max: FIRST_DAY + 4 })
const local: fc.Arbitrary<Local> = fc.record({
  day,
  time: fc.constantFrom(0, 600_000, 43_200_999, DAY - 1_000),
  zone: fc.constantFrom(0, -720, 840, 330, -90),
})

const word = fc.constantFrom('alpha', 'Beta', 'straße', 'é', '日本語', 'al', 'GAMMA7', 'a"b\\c')
const words = fc.array(word, { maxLength: 3 }).map((all) => all.join(' '))
const fieldName = fc.constantFrom('From', 'To', 'Cc', 'Bcc', 'Subject', 'X-Odd')
const keyword = fc.constantFrom('$Junk', 'work', 'Later')
const bits = Object.values(FLAG)

export const naiveMail: fc.Arbitrary<NaiveMail> = fc.record({
  flags: fc.record({
    system: fc.subarray(bits).map((some) => some.reduce((all, bit) => all | bit, 0)),
    keywords: fc.subarray(['$Junk', 'work', 'Later']),
  }),
  internal: local,
  sent: fc.option(local),
  fields: fc.array(fc.tuple(fieldName, words), { maxLength: 4 }),
  body: words,
  encoding: fc.constantFrom('plain', 'base64', 'html'),
})

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr']
const dateText = (day: number): string => {
  const date = new Date(day * DAY)
  return `${date.getUTCDate()}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`
}

const two = (n: number): string => String(n).padStart(2, '0')

function zoneText(zone: number): string {
  const minutes = Math.abs(zone)
  return `${zone < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

function dateField({ day, time, zone }: Local): string {
  const seconds = Math.floor(time / 1000)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${dateText(day).replaceAll('-', ' ')} ${clock} ${zoneText(zone)}`
}

/** All fields, decoded, in the order in which they are written. */
function fieldsOf({ fields, sent, encoding }: NaiveMail): (readonly [string, string])[] {
  return [
    ...fields,
    ['Date', sent === null ? 'the other day' : dateField(sent)],
    ['Content-Type', `text/${encoding === 'html' ? 'html' : 'plain'}; charset=utf-8`],
    ['Content-Transfer-Encoding', encoding === 'base64' ? 'base64' : '8bit'],
  ]
}

const encodedWord = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`

export function octetsOf(mail: NaiveMail): Buffer {
  const header = fieldsOf(mail).map(([name, value]) => `${name}: ${encodedWord(value)}\r\n`)
  const { body, encoding } = mail
  const shown = { plain: body, base64: Buffer.from(body).toString('base64'), html: `<p>${body}</p>` }[encoding]
  return Buffer.from(`${header.join('')}\r\n${shown}`)
}

const contains = (text: string, wanted: string): boolean => text.toUpperCase().includes(wanted.toUpperCase())

const string = (text: string): string => {
  const octets = Buffer.from(text)
  return /^[\x20-\x7e]*$/.test(text)
    ? `"${text.replace(/["\\]/g, '\\$&')}"`
    : `{${octets.length}}\r\n${octets.toString('latin1')}`
}

const inFields = (mail: NaiveMail, name: string, text: string): boolean =>
  fieldsOf(mail).some(([field, value]) => field.toLowerCase() === name.toLowerCase() && contains(value, text))

const flagKeys = (['ANSWERED', 'DELETED', 'DRAFT', 'FLAGGED', 'SEEN'] as const).flatMap((name): NaiveKey[] => {
  const bit = FLAG[name.toLowerCase() as keyof typeof FLAG]
  return [
    { wire: name, holds: ({ flags }) => (flags.system & bit) !== 0 },
    { wire: `UN${name}`, holds: ({ flags }) => (flags.system & bit) === 0 },
  ]
})

const isSeen = ({ flags }: NaiveMail): boolean => (flags.system & FLAG.seen) !== 0
const plainKeys: readonly NaiveKey[] = [
  ...flagKeys,
  { wire: 'ALL', holds: () => true },
  { wire: 'RECENT', holds: ({ recent }) => recent },
  { wire: 'OLD', holds: ({ recent }) => !recent },
  { wire: 'NEW', holds: (message) => message.recent && !isSeen(message) },
]

const keywordKey = fc.tuple(keyword, fc.boolean()).map(
  ([name, has]): NaiveKey => ({
    wire: `${has ? '' : 'UN'}KEYWORD ${name.toUpperCase()}`,
    holds: ({ flags }) => flags.keywords.includes(name) === has,
  }),
)

const sizeKey = fc
  .integer({ min: 60, max: 200 })
  .chain((n) =>
    fc.constantFrom<NaiveKey>(
      { wire: `LARGER ${n}`, holds: ({ size }) => size > n },
      { wire: `SMALLER ${n}`, holds: ({ size }) => size < n },
    ),
  )

const relations: Readonly<Record<string, (day: number, wanted: number) => boolean>> = {
  BEFORE: (day, wanted) => day < wanted,
  ON: (day, wanted) => day === wanted,
  SINCE: (day, wanted) => day >= wanted,
}
const dateKey = fc.tuple(fc.constantFrom('BEFORE', 'ON', 'SINCE'), day, fc.boolean()).map(
  ([name, wanted, sent]): NaiveKey => ({
    wire: `${sent ? 'SENT' : ''}${name} ${dateText(wanted)}`,
    holds: (message) => {
      const of = sent ? message.sent : message.internal
      return of !== null && (relations[name]?.(of.day, wanted) ?? false)
    },
  }),
)

const second = (ms: number): number => Math.floor(ms / 1000)
const ageKey = fc.tuple(local, fc.boolean(), fc.integer({ min: -1, max: 1 })).map(([at, older, off]): NaiveKey => {
  const seconds = second(NOW) - second(instant(at)) + off
  return {
    wire: `${older ? 'OLDER' : 'YOUNGER'} ${seconds}`,
    holds: ({ internal }, { now }) => {
      const age = second(now) - second(instant(internal))
      return older ? age >= seconds : age <= seconds
    },
  }
})

type SetNumber = number | '*'
const setNumber: fc.Arbitrary<SetNumber> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 14 }) },
  { weight: 1, arbitrary: fc.constant('*' as const) },
)
const setKey = fc
  .tuple(fc.array(fc.tuple(setNumber, setNumber), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([ranges, byUid]): NaiveKey => {
    const set = ranges.map(([a, b]) => (a === b ? String(a) : `${a}:${b}`)).join()
    const holds: NaiveKey['holds'] = ({ seq, uid }, { count, lastUid }) =>
      ranges.some(([a, b]) => {
        const [from = 0, to = 0] = [a, b].map((n) => (n === '*' ? (byUid ? lastUid : count) : n)).sort((x, y) => x - y)
        const n = byUid ? uid : seq
        return from <= n && n <= to
      })
    return { wire: byUid ? `UID ${set}` : set, holds }
  })

const textKey = fc
  .tuple(fc.constantFrom('BODY', 'TEXT', 'HEADER', 'FROM', 'TO', 'CC', 'BCC', 'SUBJECT'), fieldName, words)
  .map(([where, name, text]): NaiveKey => {
    if (where === 'BODY') return { wire: `BODY ${string(text)}`, holds: ({ body }) => contains(body, text) }
    if (where === 'HEADER') {
      return { wire: `HEADER ${name} ${string(text)}`, holds: (message) => inFields(message, name, text) }
    }
    if (where !== 'TEXT')
      return { wire: `${where} ${string(text)}`, holds: (message) => inFields(message, where, text) }
    const holds = (message: NaiveMessage): boolean =>
      text === '' ||
      contains(message.body, text) ||
      fieldsOf(message).some(([field, value]) => contains(`${field}: ${value}`, text))
    return { wire: `TEXT ${string(text)}`, holds }
  })

/** Programs of one key, which is mostly made of others. */
export const naiveKey: fc.Arbitrary<NaiveKey> = fc.letrec<{ key: NaiveKey; leaf: NaiveKey }>((tie) => ({
  leaf: fc.oneof(fc.constantFrom(...plainKeys), keywordKey, sizeKey, dateKey, ageKey, setKey, textKey, textKey),
  key: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'search' },
    tie('leaf'),
    tie('key').map((key): NaiveKey => ({ wire: `NOT ${key.wire}`, holds: (m, box) => !key.holds(m, box) })),
    fc.tuple(tie('key'), tie('key')).map(
      ([a, b]): NaiveKey => ({
        wire: `OR ${a.wire} ${b.wire}`,
        holds: (m, box) => a.holds(m, box) || b.holds(m, box),
      }),
    ),
    fc.array(tie('key'), { minLength: 1, maxLength: 3 }).map(
      (keys): NaiveKey => ({
        wire: `(${keys.map(({ wire }) => wire).join(' ')})`,
        holds: (m, box) => keys.every((key) => key.holds(m, box)),
      }),
    ),
  ),
})).key
