/** The report as a page that needs nothing but itself: a matrix of sections by server, each cell opening its dialogues. */
import { createHash } from 'node:crypto'
import { readAsset } from '../files.js'
import { isRfc, type Report, type Result } from '../result.js'
import { type Count, cited, countOf, type Group, type Row } from './summary.js'
import { citationText, ownTitle, sectionText, type Titles } from './titles.js'
import { element, xmlText } from './xml.js'

const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const

/** The first report is the one that was made now; the others stand beside it. */
export function htmlReport(reports: readonly Report[], titles: Titles): string {
  const [style, script] = [readAsset('page.css'), readAsset('page.js')]
  const name = `Conformance of ${reports.map(({ server }) => server).join(', ')}`
  const groups = cited(reports).map((group) => groupElement(group, reports, titles))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyFor(style, script)}">
<meta name="referrer" content="no-referrer">
<title>${xmlText(name)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Conformance</h1>
<ul class="servers">${reports.map(serverElement).join('\n')}</ul>
<p class="quiet">✓ so many passed, ✗ so many of those played failed, – so many were skipped. A cell opens its transcripts.</p>
${element('nav', { class: 'rfcs', 'aria-label': 'RFCs' }, cited(reports).map(linkTo))}
</header>
${TOOLS}
<main>
${groups.join('\n')}
${failuresElement(reports)}
</main>
${PANEL}
<script type="application/json" id="data">${dataOf(reports)}</script>
<script>${script}</script>
</body>
</html>`
}

/** Nothing runs and nothing is fetched but what this page has been made with, whatever a server says in it. */
function policyFor(style: string, script: string): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`
}

const TOOLS = `<form class="tools" role="search" hidden>
<input type="search" id="search" placeholder="Search sections and dialogues" aria-label="Search sections and dialogues">
<label><input type="checkbox" id="failed-only"> failed only</label>
<span class="quiet" id="shown" aria-live="polite"></span>
<span class="quiet keys"><kbd>/</kbd> search <kbd>f</kbd> failed only <kbd>n</kbd> <kbd>p</kbd> next, previous failure <kbd>↑</kbd><kbd>↓</kbd><kbd>←</kbd><kbd>→</kbd> move</span>
</form>`

const PANEL = `<dialog id="panel" aria-labelledby="panel-title">
<header><h2 id="panel-title"></h2><button type="button" class="close">Close</button></header>
<div class="list"></div>
</dialog>`

function serverElement(report: Report): string {
  const { server, family, date, passed, failed, skipped } = report
  const count = (outcome: keyof Count): string =>
    element('span', { class: outcome }, [xmlText(`${report[outcome]} ${outcome}`)])
  const what = family === 'all' ? 'IMAP and SMTP' : family.toUpperCase()
  return element('li', {}, [
    element('strong', {}, [xmlText(server)]),
    element('span', { class: 'quiet' }, [xmlText(`${what}, ${date.slice(0, 16).replace('T', ' ')} UTC`)]),
    element('div', { class: 'bar' }, [barOf({ passed, failed, skipped })]),
    element('div', { class: 'counts' }, [count('passed'), count('failed'), count('skipped')]),
  ])
}

/** Drawn, for a policy that lets no style attribute be. */
function barOf({ passed, failed, skipped }: Count): string {
  const all = Math.max(1, passed + failed + skipped)
  const widths = [
    ['passed', passed],
    ['failed', failed],
    ['skipped', skipped],
  ] as const
  let x = 0
  const parts = widths.map(([outcome, n]) => {
    const part = element('rect', { class: outcome, x, y: 0, width: n, height: 1 })
    x += n
    return part
  })
  const box = { viewBox: `0 0 ${all} 1`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }
  return element('svg', box, parts)
}

function linkTo({ rfc, rows }: Group): string {
  const outcome = outcomeOf(countOf(rows.flatMap(({ cells }) => cells.flat())))
  return element('a', { href: `#${idOf(rfc)}`, class: outcome }, [`${MARKS[outcome]} ${xmlText(ownTitle(rfc) ?? rfc)}`])
}

/** The worst of them. */
const outcomeOf = ({ passed, failed }: Count): Result['outcome'] =>
  failed > 0 ? 'failed' : passed > 0 ? 'passed' : 'skipped'

function groupElement({ rfc, rows }: Group, reports: readonly Report[], titles: Titles): string {
  const own = !isRfc({ rfc })
  const title = own ? (ownTitle(rfc) ?? rfc) : titles.rfc(rfc)
  const columns = reports.map(({ server }) => element('th', { scope: 'col', class: 'result' }, [xmlText(server)]))
  return element('section', { class: 'rfc', id: idOf(rfc) }, [
    element('h2', {}, [
      ...(own ? [] : [xmlText(rfc), ' ']),
      ...(title === null ? [] : [element('span', { class: own ? 'own' : 'title' }, [xmlText(title)])]),
    ]),
    '<table><colgroup><col>',
    ...reports.map(() => '<col class="result">'),
    '</colgroup><thead><tr><th scope="col">section</th>',
    ...columns,
    '</tr></thead><tbody>\n',
    ...rows.map((row) => rowElement(row, reports, titles)),
    '</tbody></table>',
  ])
}

function rowElement({ rfc, section, cells }: Row, reports: readonly Report[], titles: Titles): string {
  const title = titles.section(rfc, section)
  const name = [
    element('span', { class: 'number' }, [xmlText(section === null ? 'as a whole' : sectionText(section))]),
    ' ',
    ...(title === null ? [] : [xmlText(title)]),
  ]
  const heading = [citationText(rfc, section), title ?? ''].join(' ').trim()
  const results = cells.map((ofIt, i) => `<td>${cellElement(ofIt, i, reports, { rfc, section, heading })}</td>`)
  return `${element('tr', {}, [element('th', { scope: 'row' }, name), ...results])}\n`
}

interface Place {
  readonly rfc: string
  readonly section: string | null
  readonly heading: string
}

function cellElement(results: readonly Result[], i: number, reports: readonly Report[], place: Place): string {
  const report = reports[i]
  if (results.length === 0 || report === undefined) return ''
  const count = countOf(results)
  const outcome = outcomeOf(count)
  const part = outcome === 'failed' ? `${count.failed}/${results.length - count.skipped}` : String(count[outcome])
  const told = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`
  const attributes = {
    type: 'button',
    class: `cell ${outcome}`,
    id: `${i}-${idOf(citationText(place.rfc, place.section))}`,
    title: told,
    'aria-label': `${place.heading} at ${report.server}: ${told}`,
    'data-title': `${place.heading} at ${report.server}`,
    'data-report': i,
    'data-results': results.map((result) => report.results.indexOf(result)).join(' '),
  }
  return element('button', attributes, [`${MARKS[outcome]} ${part}`])
}

const idOf = (text: string): string =>
  text
    .replace(/§/g, '')
    .replace(/[^\w.]+/g, '-')
    .toLowerCase()

/** For paper, and for who lets no script run: each failure with its dialogue stands in the page itself. */
function failuresElement(reports: readonly Report[]): string {
  const failures = reports.flatMap((report) =>
    report.results.filter(({ outcome }) => outcome === 'failed').map((result) => failureElement(report, result)),
  )
  if (failures.length === 0) return ''
  return element('section', { class: 'failures' }, ['<h2>Failures</h2>\n', ...failures])
}

function failureElement({ server }: Report, result: Result): string {
  const { transcript, title, dialogue } = result
  const lines = [...dialogue.map((line) => [sideOf(line), line] as const), ...differencesOf(result)].map(
    ([kind, text]) => element('li', { class: kind }, [xmlText(text)]),
  )
  return `${element('details', { class: 'transcript failed' }, [
    element('summary', {}, [
      element('span', { class: 'mark' }, [`${MARKS.failed} `]),
      element('strong', {}, [xmlText(transcript)]),
      xmlText(` at ${server}: ${title}`),
    ]),
    element('div', { class: 'body' }, [
      element('p', { class: 'cites' }, [xmlText(placeText(result))]),
      element('ol', { class: 'dialogue' }, lines),
    ]),
  ])}\n`
}

const sideOf = (line: string): string => (/^C\d?:/.test(line) ? 'client' : /^S\d?:/.test(line) ? 'server' : 'world')

/** What the failing line was to be, and was. */
function differencesOf({ failure }: Result): (readonly ['story' | 'expected' | 'came', string])[] {
  if (failure === null) return []
  const { what, expected, came, line } = failure
  return [
    ['story', `line ${line}: ${what}`],
    ...(expected === null ? [] : [['expected', `expected  ${expected}`] as const]),
    ...(came === null ? [] : [['came', `came      ${came}`] as const]),
  ]
}

function placeText({ transcript, citations, cut, milliseconds }: Result): string {
  const cites = citations.map(({ rfc, section }) => citationText(rfc, section)).join(', ')
  const how = cut === null ? '' : `, ${cut}`
  return `${cites} · conformance/${transcript}.txt${how} · ${milliseconds} ms`
}

/** What the script makes the panel of. No "<" in it can end the element that it stands in. */
function dataOf(reports: readonly Report[]): string {
  const data = reports.map(({ results }) => ({
    results: results.map((result) => ({
      transcript: result.transcript,
      title: result.title,
      outcome: result.outcome,
      reason: result.reason,
      place: placeText(result),
      dialogue: result.dialogue,
      difference: differencesOf(result),
    })),
  }))
  return JSON.stringify({ reports: data }).replaceAll('<', '\\u003c')
}
