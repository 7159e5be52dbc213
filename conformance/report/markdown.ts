/** The report for a page of Markdown: a table for each RFC, a column for each server, and the failures below. */
import { isRfc, type Report, type Result } from '../result.js'
import { cited, countOf, type Group, skippedBy } from './summary.js'
import { differenceOf } from './text.js'
import { citationText, ownTitle, sectionText, type Titles } from './titles.js'

/** The first report is the one that was made now; the others stand beside it. */
export function markdownReport(reports: readonly Report[], titles: Titles): string {
  const parts = [
    '# Conformance',
    table(['server', 'family', 'date', 'passed', 'failed', 'skipped'], reports.map(totalsOf)),
    ...cited(reports).map((group) => groupOf(group, reports, titles)),
    ...reports.flatMap(failuresOf),
    ...reports.flatMap(skipsOf),
  ]
  return parts.join('\n\n')
}

const totalsOf = ({ server, family, date, passed, failed, skipped }: Report): string[] =>
  [server, family, date.slice(0, 10), passed, failed, skipped].map(String)

function groupOf({ rfc, rows }: Group, reports: readonly Report[], titles: Titles): string {
  const title = isRfc({ rfc }) ? titles.rfc(rfc) : ownTitle(rfc)
  const heading = `## ${[rfc, title]
    .filter((part) => part !== null)
    .map((part) => plain(part))
    .join(': ')}`
  const lines = rows.map(({ section, cells }) => [
    sectionText(section),
    titles.section(rfc, section) ?? '',
    ...cells.map(cellOf),
  ])
  return `${heading}\n\n${table(['section', 'title', ...reports.map(({ server }) => server)], lines)}`
}

function cellOf(results: readonly Result[]): string {
  const { passed, failed, skipped } = countOf(results)
  const parts = [
    ...(failed > 0 ? [`❌ ${failed}`] : []),
    ...(passed > 0 ? [`✅ ${passed}`] : []),
    ...(skipped > 0 ? [`➖ ${skipped}`] : []),
  ]
  return parts.join(' ')
}

function failuresOf({ server, results }: Report): string[] {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  return failed.length === 0 ? [] : [`## Failed at ${plain(server)}`, ...failed.map(failureOf)]
}

function failureOf(result: Result): string {
  const { transcript, title, rfc, section, failure, dialogue, cut } = result
  const place = `${citationText(rfc, section)}, line ${failure?.line ?? 1}, ${cut ?? ''}`
  return `### ${plain(`${transcript}: ${title}`)}\n\n${plain(place)}\n\n${fenced([...dialogue, ...differenceOf(result)])}`
}

function skipsOf({ server, results }: Report): string[] {
  const reasons = skippedBy(results)
  if (reasons.length === 0) return []
  const rows = reasons.map(({ reason, results: ofIt }) => [String(ofIt.length), reason])
  return [`## Skipped at ${plain(server)}`, table(['transcripts', 'reason'], rows)]
}

/** A fence that is longer than every run of backticks in what it holds. */
function fenced(lines: readonly string[]): string {
  const text = lines.join('\n')
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

/** No sign of it means anything to Markdown or HTML. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#&~]/g, '\\$&')

const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows]
    .map((row, i) => `| ${row.map((cell) => (i === 1 ? cell : plain(cell))).join(' | ')} |`)
    .join('\n')
