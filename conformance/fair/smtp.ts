/** Judges one SMTP reply as a fair judge does. Pure. */
import { type Captures, match, patternSource } from '../pattern.js'
import type { OctetString } from '../transcript.js'

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
}

export type ReplyVerdict =
  | { readonly kind: 'fits'; readonly captures: Captures }
  | { readonly kind: 'differs'; readonly what: string; readonly at: number }

/** @param written the lines of one reply, one at least. @param came the lines of one whole reply, one at least */
export function judgeReply(
  written: readonly WrittenLine[],
  came: readonly OctetString[],
  { known }: ReplyContext,
): ReplyVerdict {
  const captures: Captures = new Map()
  const left = [...written]
  for (const text of came) {
    const i = left.findIndex((line, at) => (at === 0 || line.anyOrder) && fits(line.text, text, known, captures))
    if (i === -1) return { kind: 'differs', what: 'another line came', at: left[0]?.at ?? written[0]?.at ?? 0 }
    left.splice(i, 1)
  }
  const missing = left.find(({ optional }) => !optional)
  return missing === undefined
    ? { kind: 'fits', captures }
    : { kind: 'differs', what: 'a line is missing', at: missing.at }
}

function fits(pattern: OctetString, text: OctetString, known: Captures, captures: Captures): boolean {
  const found = match(patternSource(pattern, new Map([...known, ...captures])), text)
  for (const [name, value] of found ?? []) captures.set(name, value)
  return found !== null
}
