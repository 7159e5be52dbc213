/** The report for a terminal: each failure with its dialogue, why others were skipped, and a table of sections. */
import { isRfc, type Report, type Result } from '../result.js'
import { type Count, countOf, filed, type Group, skippedBy } from './summary.js'
import { citationText, ownTitle, sectionText, type Titles } from './titles.js'

/** Columns of a terminal. */
const WIDTH = 100
/** Names of skipped transcripts that a reason lists. */
const NAMED = 5

export function textReport(report: Report, titles: Titles): string {
  const failed = report.results.filter(({ outcome }) => outcome === 'failed')
  const parts = [
    ...failed.map(failureText),
    skippedText(report.results),
    ...filed([report]).map((group) => groupText(group, titles)),
    totals(report),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

export const totals = ({ server, passed, failed, skipped, seed }: Report): string =>
  `${server}: ${passed} passed, ${failed} failed, ${skipped} skipped (seed ${seed})`

/** A failure as a person reads it: what is shown, the dialogue, what was expected and what came. */
export function failureText(result: Result): string {
  const { transcript, title, rfc, section, failure, cut, dialogue } = result
  const place = [citationText(rfc, section), `conformance/${transcript}.txt`, `line ${failure?.line ?? 1}`, cut]
  return [
    `FAILED  ${transcript}: ${title}`,
    `  ${place.filter((part) => part !== null).join(', ')}`,
    ...dialogue.map((line) => `    ${line}`),
    ...differenceOf(result).map((line) => `  ${line}`),
  ].join('\n')
}

/** What differed, in lines; the later ones of a value stand under its first. */
export function differenceOf({ failure }: Result): string[] {
  if (failure === null) return []
  const { what, expected, came } = failure
  const told = (name: string, value: string | null): string[] =>
    value === null ? [] : value.split('\n').map((line, i) => `${(i === 0 ? name : '').padEnd(9)}${line}`)
  return [...what.split('\n'), ...told('expected', expected), ...told('came', came)]
}

function skippedText(results: readonly Result[]): string {
  const reasons = skippedBy(results)
  if (reasons.length === 0) return ''
  return ['skipped:', ...reasons.map(({ reason, results: ofIt }) => reasonText(reason, ofIt))].join('\n')
}

function reasonText(reason: string, results: readonly Result[]): string {
  const names = results.slice(0, NAMED).map(({ transcript }) => transcript)
  const more = results.length > NAMED ? `, and ${results.length - NAMED} more` : ''
  return `${String(results.length).padStart(5)}  ${reason}\n         ${names.join(', ')}${more}`
}

function groupText({ rfc, rows }: Group, titles: Titles): string {
  const title = isRfc({ rfc })
    ? [rfc, titles.rfc(rfc)].filter((part) => part !== null).join('  ')
    : (ownTitle(rfc) ?? rfc)
  const lines = rows.map(({ section, cells: [results = []] }) => {
    const name = [sectionText(section).padEnd(11), titles.section(rfc, section) ?? ''].join(' ')
    return `  ${cutTo(name, WIDTH - 26).padEnd(WIDTH - 26)}${countText(countOf(results))}`
  })
  return [`${cutTo(title, WIDTH - 25).padEnd(WIDTH - 24)}  passed  failed  skipped`, ...lines].join('\n')
}

const cutTo = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const countText = ({ passed, failed, skipped }: Count): string =>
  [
    [passed, 8],
    [failed, 8],
    [skipped, 9],
  ]
    .map(([n = 0, width = 0]) => (n === 0 ? '·' : String(n)).padStart(width))
    .join('')
