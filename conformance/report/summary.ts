/** Results by RFC and section: how many passed, failed and were skipped; also of several servers side by side. */
import { type Citation, isRfc, type Report, type Result } from '../result.js'

export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const countOf = (results: readonly Result[]): Count => {
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const { outcome } of results) count[outcome]++
  return count
}

/** One section, with the results of each report; a report that has none has an empty list. */
export interface Row {
  readonly rfc: string
  readonly section: string | null
  readonly cells: readonly (readonly Result[])[]
}

/** One RFC, its sections in their order. */
export interface Group {
  readonly rfc: string
  readonly rows: readonly Row[]
}

/** Each result once, under the section that it is filed under. */
export const filed = (reports: readonly Report[]): Group[] => grouped(reports, (result) => [result])

/** Each result under every section that it cites. */
export const cited = (reports: readonly Report[]): Group[] => grouped(reports, ({ citations }) => distinct(citations))

const keyOf = ({ rfc, section }: Citation): string => `${rfc} ${section ?? ''}`

const distinct = (citations: readonly Citation[]): Citation[] => [
  ...new Map(citations.map((one) => [keyOf(one), one])).values(),
]

function grouped(reports: readonly Report[], placesOf: (result: Result) => readonly Citation[]): Group[] {
  const rows = new Map<string, { rfc: string; section: string | null; cells: Result[][] }>()
  for (const [i, { results }] of reports.entries())
    for (const result of results)
      for (const place of placesOf(result)) {
        const { rfc, section } = place
        const row = rows.get(keyOf(place)) ?? { rfc, section, cells: reports.map(() => []) }
        rows.set(keyOf(place), row)
        row.cells[i]?.push(result)
      }
  const sorted = [...rows.values()].sort((a, b) => byRfc(a.rfc, b.rfc) || bySection(a.section, b.section))
  return [...groupedBy(sorted, ({ rfc }) => rfc)].map(([rfc, ofIt]) => ({ rfc, rows: ofIt }))
}

/** In the order of the first of each. */
export function groupedBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return groups
}

/** By number; words of our own behind all RFCs. */
function byRfc(a: string, b: string): number {
  const rank = (rfc: string): number => (isRfc({ rfc }) ? Number(rfc.slice(4)) : Number.POSITIVE_INFINITY)
  return rank(a) === rank(b) ? a.localeCompare(b, 'en') : rank(a) - rank(b)
}

/** As in a table of contents: 6.3.9 before 6.3.10, appendices last, the RFC as a whole first. */
export function bySection(a: string | null, b: string | null): number {
  const [one, other] = [partsOf(a), partsOf(b)]
  for (const [i, part] of one.entries()) {
    const counterpart = other[i]
    if (counterpart === undefined) return 1
    if (part !== counterpart) return part - counterpart
  }
  return one.length - other.length
}

const partsOf = (section: string | null): number[] =>
  section === null
    ? []
    : section.split('.').map((part) => (/^\d/.test(part) ? Number(part) : 1000 + part.charCodeAt(0)))

/** Why transcripts were skipped, the commonest reason first. */
export function skippedBy(
  results: readonly Result[],
): { readonly reason: string; readonly results: readonly Result[] }[] {
  const skipped = results.filter(({ outcome }) => outcome === 'skipped')
  return [...groupedBy(skipped, ({ reason }) => reason ?? '')]
    .map(([reason, ofIt]) => ({ reason, results: ofIt }))
    .sort((a, b) => b.results.length - a.results.length)
}
