/** The report for CI servers: JUnit's XML, a suite for each RFC, a case for each transcript. */
import { isRfc, type Report, type Result } from '../result.js'
import { type Count, countOf, filed, type Group } from './summary.js'
import { differenceOf } from './text.js'
import { citationText, ownTitle, type Titles } from './titles.js'
import { element, xmlText } from './xml.js'

export function junitReport(report: Report, titles: Titles): string {
  const suites = filed([report]).map((group) => suiteOf(group, report, titles))
  const attributes = { name: `conformance of ${report.server}`, ...counts(report), time: seconds(report.results) }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, ['\n', ...suites])}`
}

const counts = ({ passed, failed, skipped }: Count): Record<string, number> => ({
  tests: passed + failed + skipped,
  failures: failed,
  errors: 0,
  skipped,
})

const seconds = (results: readonly Result[]): string =>
  (results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000).toFixed(3)

function suiteOf({ rfc, rows }: Group, { server, date }: Report, titles: Titles): string {
  const results = rows.flatMap(({ cells: [ofIt = []] }) => ofIt)
  const title = isRfc({ rfc }) ? titles.rfc(rfc) : ownTitle(rfc)
  const attributes = {
    name: title === null ? rfc : `${rfc}: ${title}`,
    ...counts(countOf(results)),
    time: seconds(results),
    timestamp: date.slice(0, 19),
    hostname: server,
  }
  return `${element('testsuite', attributes, ['\n', ...results.map(caseOf)])}\n`
}

function caseOf(result: Result): string {
  const { transcript, title, rfc, section } = result
  const attributes = {
    name: `${transcript}: ${title}`,
    classname: citationText(rfc, section),
    file: `conformance/${transcript}.txt`,
    time: seconds([result]),
  }
  return `${element('testcase', attributes, endOf(result))}\n`
}

function endOf(result: Result): string[] {
  const { outcome, reason, failure, dialogue, cut } = result
  if (outcome === 'skipped') return [element('skipped', { message: reason ?? '' })]
  if (failure === null) return []
  const [message = ''] = failure.what.split('\n')
  const text = [...dialogue, '', ...differenceOf(result), `line ${failure.line}, ${cut ?? ''}`].join('\n')
  return [element('failure', { message, type: 'nonconformance' }, [xmlText(text)])]
}
