/** Judges one SMTP or LMTP reply as a fair judge does: what a conforming server may say instead is accepted. Pure. */
import { anyOfEach, type Captures, match, patternSource } from '../pattern.js'
import type { OctetString } from '../transcript.js'
import { type Keywords, keywordFault, namesServer, offers, readKeywords } from './smtp-hello.js'
import { enhancedFault, enhancedOf, type Reply, readReply } from './smtp-reply.js'

/** A line of a reply as the transcript writes it, islands and all, without CRLF: `250-SIZE {{*}}`. */
export interface WrittenLine {
  readonly text: OctetString
  /** `S?:` */
  readonly optional: boolean
  /** `S~:` */
  readonly anyOrder: boolean
  /** The line of the transcript. */
  readonly at: number
}

/** What a reply is judged with. */
export interface ReplyContext {
  readonly known: Captures
  /** What the client said last, up to its first CRLF; null for the greeting. */
  readonly command: OctetString | null
  /** Of the transcript: `needs:` in upper case, and `rfc:` as it is written. */
  readonly needs: readonly string[]
  readonly rfc: string
  /** EHLO keywords in upper case, as the server has shown them last; null when it was not asked yet. */
  readonly offered: ReadonlySet<string> | null
  /** The connection is in TLS. */
  readonly secured: boolean
}

export type ReplyVerdict =
  | { readonly kind: 'fits'; readonly captures: Captures }
  | { readonly kind: 'differs'; readonly what: string; readonly at: number }
  /** The server does not offer what the transcript needs. */
  | { readonly kind: 'lacks'; readonly what: string }

/** A line as it is written: its code with islands, and what stands behind it. */
interface Written {
  readonly code: OctetString
  readonly text: OctetString
  readonly at: number
}

/** @param written the lines of one reply, one at least. @param came the lines of one whole reply, one at least */
export function judgeReply(
  written: readonly WrittenLine[],
  came: readonly OctetString[],
  context: ReplyContext,
): ReplyVerdict {
  const at = written[0]?.at ?? 0
  const differs = (what: string): ReplyVerdict => ({ kind: 'differs', what, at })
  const reply = readReply(came)
  if (typeof reply === 'string') return differs(reply)
  const lines = written.map(readWritten)
  const [first] = lines
  if (first === undefined) return differs('nothing is written')
  if (isUnwantedUtf8(came, context)) return differs('UTF-8 is in a reply that was not asked for it (RFC 6531 §3.7.4.2)')
  const captures: Captures = new Map()
  if (!fits(first.code, reply.code, context, captures) && !fits(first.code, came[0] ?? '', context, captures))
    return differs('another reply code came')
  if (reply.code === '334') return judgeChallenge(first, came, context, captures)
  if (namesItself(lines, reply, context)) return judgeHello(lines, reply, context, captures)
  const fault = judgeEnhanced(first, reply, context)
  if (fault !== null) return differs(fault)
  for (const [i, line] of lines.entries()) fits(line.text, reply.texts[i] ?? '', context, captures)
  return { kind: 'fits', captures }
}

const isUnwantedUtf8 = (came: readonly OctetString[], { command }: ReplyContext): boolean =>
  /^(?:VRFY|EXPN)(?: |$)/i.test(command ?? '') && !/ SMTPUTF8$/i.test(command ?? '') && came.some(isBeyondAscii)

const isBeyondAscii = (line: OctetString): boolean => /[\x80-\xff]/.test(line)

/** The code is three digits or one island; a line that is neither, or one island, is compared as a whole. */
function readWritten({ text, at }: WrittenLine): Written {
  const [, code, rest] = /^(\d{3}|\{\{.+?\}\}(?!\}))(?:[ -](.*))?$/s.exec(text) ?? []
  return code === undefined ? { code: text, text: '{{*}}', at } : { code, text: rest ?? '', at }
}

/** Adds what `text` captures when it fits. */
function fits(pattern: OctetString, text: OctetString, { known }: ReplyContext, captures: Captures): boolean {
  const found = match(patternSource(anyOfEach(pattern), new Map([...known, ...captures])), text)
  for (const [name, value] of found ?? []) captures.set(name, value)
  return found !== null
}

/** RFC 4954 §4: what stands behind 334 is for the client's program, so it is no free text. */
function judgeChallenge(
  { text, at }: Written,
  [line = '', ...others]: readonly OctetString[],
  context: ReplyContext,
  captures: Captures,
): ReplyVerdict {
  const differs = (what: string): ReplyVerdict => ({ kind: 'differs', what, at })
  if (others.length > 0) return differs('a challenge has one line (RFC 4954 §4)')
  const challenge = /^334 ([A-Za-z\d+/]*={0,2})$/.exec(line)?.[1]
  if (challenge === undefined) return differs('behind 334 there is no challenge in base64 (RFC 4954 §4)')
  return fits(text, challenge, context, captures) ? { kind: 'fits', captures } : differs('another challenge came')
}

const EXTENDED = /^(?:EHLO|LHLO)(?: |$)/i
const PLAIN = /^HELO(?: |$)/i
const HELLO = /^(?:EHLO|LHLO|HELO)(?: |$)/i

/** The greeting, and the replies to EHLO, LHLO and HELO: with the name of the server in front. */
function namesItself(lines: readonly Written[], { code }: Reply, { command }: ReplyContext): boolean {
  if (code === '220') return command === null
  return code === '250' && (EXTENDED.test(command ?? '') || PLAIN.test(command ?? '') || isHello(lines))
}

/** Where several commands went together, what is written tells. */
const isHello = ([first, ...others]: readonly Written[]): boolean =>
  first?.text === '{{hostname}}' ||
  (others.length > 0 && others.every(({ text }) => /^[A-Z\d-]+(?:[ ={]|$)/.test(text)))

function judgeHello(lines: readonly Written[], reply: Reply, context: ReplyContext, captures: Captures): ReplyVerdict {
  const [first, ...others] = lines
  const differs = (what: string, at = first?.at ?? 0): ReplyVerdict => ({ kind: 'differs', what, at })
  const [name = '', ...texts] = reply.texts
  if (!namesServer(name)) return differs('the reply does not begin with the name of the server (RFC 5321 §4.2)')
  fits(first?.text ?? '', name, context, captures)
  if (reply.code === '220') return { kind: 'fits', captures }
  const keywords = readKeywords(texts)
  if (typeof keywords === 'string') return differs(keywords)
  if (others.length === 0 && !EXTENDED.test(context.command ?? '') && keywords.size > 0)
    return differs('keywords are for EHLO alone (RFC 5321 §4.1.1.1)')
  const fault = keywordFault(keywords, { lmtp: /^LHLO/i.test(context.command ?? ''), secured: context.secured })
  if (fault !== null) return differs(fault)
  return judgeKeywords(others, keywords, context, captures)
}

/** Of the keywords that are written those must be there that the transcript needs; the others only capture. */
function judgeKeywords(
  lines: readonly Written[],
  keywords: Keywords,
  context: ReplyContext,
  captures: Captures,
): ReplyVerdict {
  for (const { text } of lines) {
    const keyword = /^[A-Za-z\d-]+/.exec(text)?.[0]?.toUpperCase() ?? ''
    const lacking = context.needs.find((need) => need.split('=')[0] === keyword && !offers(keywords, need))
    if (lacking !== undefined) return { kind: 'lacks', what: lacking }
    for (const came of keywords.get(keyword) ?? []) fits(text, came, context, captures)
  }
  return { kind: 'fits', captures }
}

/** An enhanced code as it is written, islands and all. */
const WRITTEN_ENHANCED = /^(?:[245]\.(?:\d|\{\{)\S*|\{\{[245]\.\d+\.\d+\|[^}]*\}\})(?= |$)/

/** Those who speak about the meaning of each code. */
const CODES = /\bRFC (?:1893|2034|3463|5248)\b/

/** Only where the server offers them, and only where the transcript writes one; its details where they are the topic. */
function judgeEnhanced({ text }: Written, reply: Reply, context: ReplyContext): string | null {
  const written = WRITTEN_ENHANCED.exec(text)?.[0]
  if (written === undefined || context.offered?.has('ENHANCEDSTATUSCODES') !== true) return null
  // RFC 2034 §4: no response to EHLO and HELO needs one.
  if (HELLO.test(context.command ?? '') && reply.texts.every((one) => enhancedOf(one) === null)) return null
  const fault = enhancedFault(reply)
  if (fault !== null || !CODES.test(context.rfc)) return fault
  const came = enhancedOf(reply.texts[0] ?? '') ?? ''
  return fits(written, came, context, new Map()) ? null : 'another enhanced status code came (RFC 3463 §3)'
}
