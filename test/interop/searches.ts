/** Searches for what is in some mails: words of their fields and texts, their dates and sizes, by themselves and combined. */
import { type ParsedMail, simpleParser } from 'mailparser'
import type { Mail } from '../corpus.js'

/** As octets, behind `UID SEARCH` or in another search. */
export type Search = string

const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** As a string of the grammar; what is not US-ASCII as a literal that is not waited for. */
function astring(text: string): string {
  const sent = octets(text)
  return /^[\x20-\x7e]*$/.test(sent) ? `"${sent.replace(/["\\]/g, '\\$&')}"` : `{${sent.length}+}\r\n${sent}`
}

const words = (text: string | undefined): string[] => (text ?? '').match(/[\p{L}\p{N}][\p{L}\p{N}'.-]{2,20}/gu) ?? []

/** So many of `all`, spread over them. */
const spread = <T>(all: readonly T[], count: number): readonly T[] =>
  all.length <= count ? all : Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as T)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const day = (date: Date): string => `${date.getUTCDate()}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`

const addressText = (field: ParsedMail['from'] | ParsedMail['to']): string =>
  [field ?? []]
    .flat()
    .map(({ text }) => text)
    .join(' ')

/** Of one mail. */
async function searchesOf({ octets: mail }: Mail): Promise<readonly Search[]> {
  const parsed = await simpleParser(mail, { skipImageLinks: true, skipTextToHtml: true })
  const size = mail.length
  const texts: readonly (readonly [string, readonly string[]])[] = [
    ['SUBJECT', [...spread(words(parsed.subject), 2), parsed.subject?.slice(2, 12) ?? '']],
    ['FROM', spread(words(addressText(parsed.from)), 2)],
    ['TO', spread(words(addressText(parsed.to)), 2)],
    ['HEADER "Message-ID"', [parsed.messageId?.slice(1, 12) ?? '']],
    ['HEADER "X-Mailer"', [String(parsed.headers.get('x-mailer') ?? '').slice(0, 9)]],
    ['BODY', spread(words(parsed.text), 3)],
    ['TEXT', spread(words(`${parsed.subject} ${parsed.text}`), 3)],
  ]
  const sent = parsed.date === undefined ? [] : [`SENTON ${day(parsed.date)}`, `SENTSINCE ${day(parsed.date)}`]
  return [
    ...texts.flatMap(([key, values]) => values.map((value) => `${key} ${astring(value)}`)),
    ...sent,
    `LARGER ${size}`,
    `SMALLER ${size}`,
    `LARGER ${size - 1} SMALLER ${size + 1}`,
  ]
}

/** Of all mails, without those that come twice, and every other one combined with the one behind it. */
export async function searchesFor(mails: readonly Mail[]): Promise<readonly Search[]> {
  const found = await Promise.all(mails.map(searchesOf))
  const simple = [...new Set(found.flat())]
  const combined = spread(simple, 60).map((search, i, all) => {
    const other = all[(i + 7) % all.length]
    return i % 3 === 0 ? `OR (${search}) ${other}` : i % 3 === 1 ? `NOT (${search}) ${other}` : `(${search} (${other}))`
  })
  return [...simple, ...combined]
}
