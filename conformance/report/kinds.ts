/** The kinds of report by their names. */
import type { Report } from '../result.js'
import { htmlReport } from './html.js'
import { junitReport } from './junit.js'
import { markdownReport } from './markdown.js'
import { textReport } from './text.js'
import { indexTitles } from './titles.js'

export type ReportKind = 'text' | 'json' | 'junit' | 'html' | 'markdown'

/** The first report is of the run that was made; html and markdown put the others beside it. */
export function written(kind: ReportKind, reports: readonly [Report, ...(readonly Report[])]): string {
  const [report] = reports
  switch (kind) {
    case 'text':
      return textReport(report, indexTitles)
    case 'json':
      return JSON.stringify(report, null, 2)
    case 'junit':
      return junitReport(report, indexTitles)
    case 'markdown':
      return markdownReport(reports, indexTitles)
    case 'html':
      return htmlReport(reports, indexTitles)
  }
}
