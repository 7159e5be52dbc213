/** How a transcript ended, and what a failure tells: the dialogue so far, what was expected, what came. */

export type Outcome =
  /** `dialogue`: what was said, the beginning of each long piece. */
  | { readonly kind: 'passed'; readonly dialogue: readonly string[] }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: TranscriptFailure }

/** Lines of the dialogue that a failure shows. */
const SHOWN = 40
const LONGEST = 1000

export interface FailureContext {
  readonly file: string
  readonly at: number
  /** How the client's octets were cut. */
  readonly cut: string
  readonly dialogue: readonly string[]
}

/** What was written, and what came instead; null where the failure is not about a response. */
export interface Difference {
  readonly expected: string | null
  readonly came: string | null
}

export class TranscriptFailure extends Error {
  /** Of the transcript's file. */
  readonly line: number
  readonly what: string
  readonly expected: string | null
  readonly came: string | null
  /** What was said up to there. */
  readonly dialogue: readonly string[]

  constructor({ file, at, cut, dialogue }: FailureContext, what: string, difference?: Difference) {
    const before = dialogue.slice(-SHOWN).map((line) => `    ${shown(line)}`)
    super([`${file}:${at}: ${what}`, `  ${cut}; the dialogue up to there:`, ...before].join('\n'))
    this.name = 'TranscriptFailure'
    this.line = at
    this.what = what
    this.expected = difference?.expected ?? null
    this.came = difference?.came ?? null
    this.dialogue = [...dialogue]
  }
}

/** Octets as a person can read them. */
export function shown(octets: string): string {
  const text = octets.length > LONGEST ? `${octets.slice(0, LONGEST)}…(${octets.length} octets)` : octets
  return text.replace(/[^ -~]/g, (sign) => SIGNS[sign] ?? (sign > '\xff' ? sign : `\\x${hex(sign)}`))
}

const SIGNS: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' }
const hex = (sign: string): string => sign.charCodeAt(0).toString(16).padStart(2, '0')
