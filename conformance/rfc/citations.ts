/** Where a text cites RFCs and their sections. Pure. */

export interface Citation {
  /** Its number: `3501`. */
  readonly rfc: string
  /** `6.3.11`, `D.4`; null where the RFC as a whole is cited. */
  readonly section: string | null
}

export interface Placed extends Citation {
  /** The line of the text on which the RFC is named, from 1. */
  readonly line: number
}

/** Space, or the end of a line with what a comment of TypeScript or a transcript begins the next one with. */
const GAP = String.raw`(?:[ \t]|\n[ \t]*(?:\*|#|\/\/|>)?[ \t]?)+`
const SECTION = String.raw`(?:§|(?:[Aa]ppendix|[Ss]ection)${GAP})(?:\d{1,2}|[A-Z])(?:\.\d{1,2})*`
/** `RFC 3501 §6.4.5, §6.4.8 and §9`: what follows without an RFC of its own is of the same. */
const CITED = new RegExp(
  String.raw`\bRFC(?:${GAP}|-)(\d{3,5})\b(${GAP}${SECTION}(?:(?:,|${GAP}(?:and|to|or))${GAP}${SECTION})*)?`,
  'g',
)

/** @returns all of them in their order; an RFC that is cited with several sections, once for each */
export function citationsIn(text: string): Placed[] {
  return [...text.matchAll(CITED)].flatMap(({ 1: rfc = '', 2: list, index }): Placed[] => {
    const line = text.slice(0, index).split('\n').length
    if (list === undefined) return [{ rfc, section: null, line }]
    return sectionsIn(list).map((section) => ({ rfc, section, line }))
  })
}

/** A comment's star is no section, and neither is the word before one. */
function sectionsIn(list: string): string[] {
  const marked = list.replace(new RegExp(`(?:[Aa]ppendix|[Ss]ection)${GAP}`, 'g'), '§')
  return [...marked.matchAll(/§([\dA-Z][\d.]*\d|[\dA-Z])/g)].map(([, section = '']) => section)
}
