/** The text of an RFC as its editor prints it becomes a title and sections. Pure. */

export interface Section {
  /** `6.3.11`, `A.1`. */
  readonly number: string
  readonly title: string
  /** What stands under the heading and before the next, of whatever depth; the pages joined. */
  readonly lines: readonly string[]
}

export interface RfcText {
  readonly title: string
  readonly sections: readonly Section[]
}

/** Footer and header of a page, with the form feed between them. */
const FOOTER = /^\S.*\[Page [\divx]+\]\s*$/
const HEADER = /^RFC \d+ {2,}\S.* (?:19|20)\d\d\s*$/

/** @throws Error that says what is not as in an RFC */
export function parseRfc(text: string): RfcText {
  const lines = joinedPages(text.replace(/^\uFEFF/, '').split(/\r?\n/))
  const inOrder = headingsOf(lines, follows)
  // RFC 3502 numbers one section alone, and as in the RFC that it changes.
  const headings = inOrder.length > 0 ? inOrder : headingsOf(lines, () => true)
  if (headings.length === 0) throw new Error('it has no numbered sections')
  const sections = headings.map(({ number, title, from }, i) => ({
    number,
    title,
    lines: lines.slice(from, headings[i + 1]?.at ?? lines.length),
  }))
  return { title: titleOf(lines), sections }
}

/** Without footers, headers and the blank lines about them, so that a dialogue across two pages is one. */
function joinedPages(lines: readonly string[]): string[] {
  const joined: string[] = []
  let breaks = false
  for (const line of lines.map((raw) => raw.replaceAll('\f', '').trimEnd())) {
    if (FOOTER.test(line) || HEADER.test(line)) breaks = true
    else if (!breaks) joined.push(line)
    else if (line !== '') {
      breaks = false
      while (joined.at(-1) === '') joined.pop()
      joined.push(...(endsParagraph(joined.at(-1) ?? '', line) ? ['', line] : [line]))
    }
  }
  return joined
}

/** What a page break hides: whether a blank line stood there. Headings and changes of depth begin something new. */
const endsParagraph = (before: string, line: string): boolean =>
  !/^\s/.test(line) || /[.:]$/.test(before) || depth(before) > depth(line)
const depth = (line: string): number => line.search(/\S/)

/** The lines between the block of names and dates, and the next blank line. */
function titleOf(lines: readonly string[]): string {
  const number = lines.findIndex((line) => /^(?:Request for Comments|RFC)\b.*\d/i.test(line))
  const blank = lines.findIndex((line, i) => i > number && line === '')
  const from = lines.findIndex((line, i) => i > blank && line !== '')
  if (number === -1 || from === -1) throw new Error('it does not begin as an RFC does')
  const to = lines.findIndex((line, i) => i > from && line === '')
  return folded(lines.slice(from, to).join(' '))
}

const folded = (text: string): string => text.replace(/\s+/g, ' ').trim()

interface Heading {
  readonly number: string
  readonly title: string
  readonly at: number
  /** The line behind the heading. */
  readonly from: number
}

const HEADING = /^(?:Appendix |APPENDIX )?([A-Z]|\d{1,2}|[A-Z\d]{1,2}(?:\.\d{1,2})+)(?:[.:]|(?= ))(?: -)?\s+(\S.*)$/
/** Of a table of contents: leaders, or a number after a gap. */
const CONTENTS = /(?:\. ?){3,}\s*\d*$|\s{2,}\d{1,3}$|\.{2,}\s*\d+$/

/** Lines at the margin whose number follows from the headings before. */
function headingsOf(lines: readonly string[], belongs: typeof follows): Heading[] {
  const headings: Heading[] = []
  for (const [at, line] of lines.entries()) {
    const [, number, title = ''] = HEADING.exec(line) ?? []
    if (number === undefined || CONTENTS.test(line) || continuesContents(lines, at)) continue
    if (!belongs(number, line, headings)) continue
    const rest = continuation(lines, at)
    headings.push({ number, title: folded([title, ...rest].join(' ')), at, from: at + 1 + rest.length })
  }
  return headings
}

/** A heading in a table of contents that is too long for one line: the next one has the page. */
const continuesContents = (lines: readonly string[], at: number): boolean => {
  const next = lines[at + 1] ?? ''
  return next !== '' && CONTENTS.test(next)
}

/** The second line of a long heading is indented, and belongs to it where a blank line follows. */
function continuation(lines: readonly string[], at: number): string[] {
  const [next = '', after = ''] = lines.slice(at + 1, at + 3)
  return depth(next) >= 4 && after === '' ? [next] : []
}

/** Numbers that a sibling may skip: some RFCs do. */
const SKIPS = 3

function follows(number: string, line: string, headings: readonly Heading[]): boolean {
  const parts = number.split('.')
  const last = lastOf(parts, headings)?.number.split('.') ?? []
  const parent = parts.slice(0, -1)
  if (last.length < parent.length || parent.some((part, i) => part !== last[i])) return false
  const before = last[parent.length]
  const own = parts.at(-1) ?? ''
  if (parent.length === 0 && /[A-Z]/.test(own)) return isNextLetter(own, before, line)
  const step = Number(own) - (before === undefined ? 0 : Number(before))
  return step > 0 && step <= SKIPS
}

/** RFC 5322 has its section 7 behind the appendices. */
const lastOf = (parts: readonly string[], headings: readonly Heading[]): Heading | undefined =>
  parts.length > 1 || /[A-Z]/.test(parts[0] ?? '')
    ? headings.at(-1)
    : headings.findLast(({ number }) => /^\d/.test(number))

/** Appendices begin with A, behind numbered sections or with the word. */
function isNextLetter(letter: string, before: string | undefined, line: string): boolean {
  if (before === undefined || /\d/.test(before)) return letter === 'A' && (before !== undefined || /^app/i.test(line))
  return letter.charCodeAt(0) === before.charCodeAt(0) + 1
}
