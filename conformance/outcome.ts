/** How a transcript ended, and what a failure tells: the dialogue so far, what was expected, what came. */

/** `dialogue`: what was said, the beginning of each long piece. */
export type Outcome =
  | { readonly kind: 'passed'; readonly dialogue: readonly string[] }
  | { readonly kind: 'skipped'; readonly reason: string; readonly dialogue: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: TranscriptFailure; readonly dialogue: readonly string[] }

/** Lines of the dialogue that a failure shows as text; as data it has all of them. */
const SHOWN = 40
const LONGEST = 1000

/** What a server did that it should not have. */
export interface Difference {
  /** In words, without what was expected and what came. */
  readonly what: string
  /** As the transcript writes it; null where nothing was to come. */
  readonly expected: string | null
  /** Null where nothing came. */
  readonly came: string | null
  /** The line of the transcript, where it is not the one that is being played. */
  readonly line?: number
}

/** Thrown where a response is not what is written. */
export class Differs extends Error {
  readonly difference: Difference

  constructor(difference: Difference) {
    super(difference.what)
    this.name = 'Differs'
    this.difference = difference
  }
}

export interface FailureContext {
  readonly file: string
  readonly at: number
  /** How the client's octets were cut. */
  readonly cut: string
  readonly dialogue: readonly string[]
}

/** A failure as data; its message is all of it as text. */
export class TranscriptFailure extends Error {
  /** Of the transcript's file. */
  readonly line: number
  readonly what: string
  readonly expected: string | null
  readonly came: string | null
  readonly cut: string

  constructor({ file, at, cut, dialogue }: FailureContext, { what, expected, came }: Difference) {
    const before = dialogue.slice(-SHOWN).map((said) => `    ${shown(said)}`)
    const parts = [
      `${file}:${at}: ${what}`,
      ...(expected === null ? [] : [`  expected ${indented(expected)}`]),
      ...(came === null ? [] : [`  came     ${indented(came)}`]),
      `  ${cut}; the dialogue up to there:`,
    ]
    super([...parts, ...before].join('\n'))
    this.name = 'TranscriptFailure'
    this.line = at
    this.what = what
    this.expected = expected
    this.came = came
    this.cut = cut
  }
}

const indented = (text: string): string => text.split('\n').join('\n           ')

/** Octets as a person can read them. */
export function shown(octets: string): string {
  const text = octets.length > LONGEST ? `${octets.slice(0, LONGEST)}…(${octets.length} octets)` : octets
  return text.replace(/[^ -~]/g, (sign) => SIGNS[sign] ?? (sign > '\xff' ? sign : `\\x${hex(sign)}`))
}

const SIGNS: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' }
const hex = (sign: string): string => sign.charCodeAt(0).toString(16).padStart(2, '0')
