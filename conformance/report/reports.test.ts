import { Parser } from 'htmlparser2'
import { expect, test } from 'vitest'
import { failed, HOSTILE, other, report, results } from '../../test/conformance-report.js'
import { reportOf, reportSchema } from '../result.js'
import { junitReport } from './junit.js'
import { written } from './kinds.js'
import { markdownReport } from './markdown.js'
import { bySection, cited, countOf, filed, skippedBy } from './summary.js'
import { textReport } from './text.js'
import { indexTitles, type Titles } from './titles.js'

const titles: Titles = {
  rfc: (rfc) => (rfc === 'RFC 3501' ? 'IMAP <4rev1>' : null),
  section: (_, section) => (section === '6.3.11' ? 'APPEND | Command' : null),
}

test('sections stand as in a table of contents', () => {
  const shuffled = ['D.1', '6.10', '6.9', null, '6', 'A', '6.9.1', '10']
  expect(shuffled.sort(bySection)).toEqual([null, '6', '6.9', '6.9.1', '6.10', '10', 'A', 'D.1'])
})

test('a result is filed once, and cited under each of its sections', () => {
  const shape = (groups: ReturnType<typeof filed>) =>
    groups.map(({ rfc, rows }) => [
      rfc,
      ...rows.map(({ section, cells }) => `${section} ${cells.map((c) => c.length)}`),
    ])
  expect(shape(filed([report]))).toEqual([
    ['RFC 3501', '6.1.2 1', '6.3.11 2'],
    ['RFC 4731', '3.1 1'],
    ['decision', '16 1'],
  ])
  expect(shape(cited([report, other]))).toEqual([
    ['RFC 3501', '6.1.2 1,0', '6.3.11 2,1'],
    ['RFC 4731', '3.1 1,0'],
    ['RFC 7888', '4 1,0'],
    ['decision', '16 1,0'],
  ])
  expect(countOf(results)).toEqual({ passed: 3, failed: 1, skipped: 1 })
  expect(skippedBy(results)).toEqual([{ reason: 'the server does not offer <ESEARCH>', results: [results[3]] }])
})

test('the text has each failure with its dialogue, the reasons of skips, a line for each section, and the sums', () => {
  const text = textReport(report, titles)
  expect(text).toContain(
    'FAILED  imap/append: Shows imap/append.\n  RFC 3501 §6.3.11, conformance/imap/append.txt, line 7',
  )
  expect(text).toContain(
    `    C: a APPEND INBOX {3+}\n    ${HOSTILE}\n    X: crash\n  another response\n  expected a OK {{*}}\n  came     a NO`,
  )
  expect(text).toMatch(/ {4}1 {2}the server does not offer <ESEARCH>\n {9}imap\/esearch$/m)
  expect(text).toMatch(
    /^RFC 3501 {2}IMAP <4rev1> +passed +failed +skipped\n {2}§6\.1\.2 +1 +· +·\n {2}§6\.3\.11 +APPEND \| Command +1 +1 +·$/m,
  )
  expect(text).toMatch(/^Posthorn's own decisions /m)
  expect(text.split('\n').at(-1)).toBe('mail.<b>example</b>: 3 passed, 1 failed, 1 skipped (seed 7)')
})

test('the JSON is the report', () => {
  expect(reportSchema.parse(JSON.parse(written('json', [report])))).toEqual(report)
})

/** Strict where a browser's parser is not: what does not fit is an error. @returns elements with their attributes and text */
function wellFormed(xml: string): { name: string; attributes: Record<string, string>; text: string }[] {
  expect(xml).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/)
  const [declaration = ''] = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(xml) ?? []
  expect(declaration).not.toBe('')
  const all: ReturnType<typeof wellFormed> = []
  const open: ReturnType<typeof wellFormed> = []
  const token = /<\/([a-z]+)>|<([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy
  token.lastIndex = declaration.length
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const match = token.exec(xml)
    if (match === null) throw new Error(`no XML: ${xml.slice(at, at + 80)}`)
    const [, end, name, attributes = '', empty, text = ''] = match
    expect(`${attributes}${text}`.replace(/&(?:amp|lt|gt|quot|#\d+);/g, '')).not.toMatch(/&/)
    if (end !== undefined) expect(open.pop()?.name).toBe(end)
    else if (name !== undefined) {
      const pairs = [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
        key,
        decoded(value),
      ])
      const made = { name, attributes: Object.fromEntries(pairs), text: '' }
      all.push(made)
      if (empty === '') open.push(made)
    } else for (const one of open) one.text += decoded(text)
  }
  expect(open).toEqual([])
  return all
}

const decoded = (text: string): string =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

test('JUnit has a suite for each RFC, failures with their dialogue and skips with their reason', () => {
  const elements = wellFormed(junitReport(report, titles))
  const named = (name: string) => elements.filter((one) => one.name === name)
  expect(named('testsuites')[0]?.attributes).toMatchObject({ tests: '5', failures: '1', skipped: '1', errors: '0' })
  expect(
    named('testsuite').map(({ attributes: { name, tests, failures, skipped } }) => [name, tests, failures, skipped]),
  ).toEqual([
    ['RFC 3501: IMAP <4rev1>', '3', '1', '0'],
    ['RFC 4731', '1', '0', '1'],
    ["decision: Posthorn's own decisions", '1', '0', '0'],
  ])
  expect(named('testcase').map(({ attributes }) => attributes['classname'])).toContain('RFC 3501 §6.3.11')
  expect(named('skipped')[0]?.attributes).toEqual({ message: 'the server does not offer <ESEARCH>' })
  const [failure] = named('failure')
  expect(failure?.attributes).toMatchObject({ message: 'another response' })
  expect(failure?.text).toContain([...failed.dialogue, '', 'another response', 'expected a OK {{*}}'].join('\n'))
})

test('what no XML may have in it is written out', () => {
  const odd = { ...failed, title: 'a\0b\x1b\ud800\ufffe c\nd', dialogue: ['S: \x00 é 漢 😀 ]]>'] }
  const xml = junitReport({ ...report, results: [odd] }, titles)
  const elements = wellFormed(xml)
  expect(elements.find(({ name }) => name === 'testcase')?.attributes['name']).toBe(
    'imap/append: a\\x00b\\x1b\ufffd\\xfffe c\nd',
  )
  expect(elements.find(({ name }) => name === 'failure')?.text).toContain('S: \\x00 é 漢 😀 ]]>')
})

test('Markdown has a table for each RFC with a column for each server, and nothing that a server says is markup', () => {
  const text = markdownReport([report, other], titles)
  expect(text).toContain('## RFC 3501: IMAP \\<4rev1\\>')
  expect(text).toContain('| section | title | mail.\\<b\\>example\\</b\\> | other.example |\n| --- | --- | --- | --- |')
  expect(text).toContain('| §6.3.11 | APPEND \\| Command | ❌ 1 ✅ 1 | ✅ 1 |')
  expect(text).toContain('| §3.1 |  | ➖ 1 |  |')
  expect(text).toContain('### imap/append: Shows imap/append.')
  expect(text).toContain('| 1 | the server does not offer \\<ESEARCH\\> |')
  const ticks = { ...failed, dialogue: ['S: ````` not the end'] }
  expect(markdownReport([{ ...report, results: [ticks] }], titles)).toMatch(
    /\n``````text\nS: ````` not the end\n[\s\S]*\n``````/,
  )
})

interface Node {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly parent: Node | null
  text: string
}

/** All elements of a page; the text of each has that of what is in it. */
function parsed(html: string): Node[] {
  const nodes: Node[] = []
  const open: Node[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      const node = { name, attributes, parent: open.at(-1) ?? null, text: '' }
      nodes.push(node)
      open.push(node)
    },
    ontext(text) {
      for (const node of open) node.text += text
    },
    onclosetag() {
      open.pop()
    },
  })
  parser.end(html)
  return nodes
}

const classed = (nodes: readonly Node[], name: string): Node[] =>
  nodes.filter(({ attributes }) => (attributes['class'] ?? '').split(' ').includes(name))

const html = written('html', [report, other])
const page = parsed(html)

test('the page is a matrix: sections with their titles, a cell for each server, its colour and its results', () => {
  expect(classed(page, 'servers')[0]?.text).toContain('other.example')
  expect(page.filter(({ name }) => name === 'h2').map(({ text }) => text)).toEqual([
    `RFC 3501 ${indexTitles.rfc('RFC 3501')}`,
    `RFC 4731 ${indexTitles.rfc('RFC 4731')}`,
    `RFC 7888 ${indexTitles.rfc('RFC 7888')}`,
    "Posthorn's own decisions",
    'Failures',
    '', // of the panel, once a cell is opened
  ])
  const cells = classed(page, 'cell')
  expect(
    cells.map(({ attributes, text }) => [attributes['id'], attributes['class'], text, attributes['data-results']]),
  ).toEqual([
    ['0-rfc-3501-6.1.2', 'cell passed', '✓ 1', '2'],
    ['0-rfc-3501-6.3.11', 'cell failed', '✗ 1/2', '0 1'],
    ['1-rfc-3501-6.3.11', 'cell passed', '✓ 1', '0'],
    ['0-rfc-4731-3.1', 'cell skipped', '– 1', '3'],
    ['0-rfc-7888-4', 'cell failed', '✗ 1/1', '0'],
    ['0-decision-16', 'cell passed', '✓ 1', '4'],
  ])
  expect(cells[1]?.attributes['aria-label']).toBe(
    'RFC 3501 §6.3.11 APPEND Command at mail.<b>example</b>: 1 passed, 1 failed, 0 skipped',
  )
  const rows = page.filter(({ name, parent }) => name === 'tr' && parent?.name === 'tbody')
  expect(rows.map((row) => page.filter(({ name, parent }) => name === 'td' && parent === row).length)).toEqual([
    2, 2, 2, 2, 2,
  ])
})

test('a failure stands in the page, coloured by side, with what was expected and what came', () => {
  const [failures] = classed(page, 'failures')
  const lines = page.filter(({ name, parent }) => name === 'li' && parent?.name === 'ol')
  expect(failures?.text).toContain('imap/append at mail.<b>example</b>')
  expect(lines.map(({ attributes, text }) => [attributes['class'], text])).toEqual([
    ['client', 'C: a APPEND INBOX {3+}'],
    ['server', HOSTILE],
    ['world', 'X: crash'],
    ['story', 'line 7: another response'],
    ['expected', 'expected  a OK {{*}}'],
    ['came', `came      ${HOSTILE.slice(3)}`],
  ])
})

test('nothing that a server says is markup, and nothing is fetched or run but what the page was made with', () => {
  const scripts = page.filter(({ name }) => name === 'script')
  expect(scripts).toHaveLength(2)
  expect(page.filter(({ name }) => ['b', 'img', 'link', 'iframe'].includes(name))).toEqual([])
  for (const { attributes } of page)
    expect(Object.keys(attributes).filter((key) => /^(?:on|src$|style$|action$)/.test(key))).toEqual([])
  const links = page.flatMap(({ attributes }) => attributes['href'] ?? [])
  expect(links).toEqual(['#rfc-3501', '#rfc-4731', '#rfc-7888', '#decision'])
  for (const link of links) expect(page.some(({ attributes }) => `#${attributes['id']}` === link)).toBe(true)
  const policy = page.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')
  expect(policy?.attributes['content']).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/,
  )
  const data = JSON.parse(scripts[0]?.text ?? '')
  expect(data.reports[0].results[0]).toMatchObject({ transcript: 'imap/append', dialogue: failed.dialogue })
  expect(data.reports[0].results[0].difference.map(([kind]: [string]) => kind)).toEqual(['story', 'expected', 'came'])
  expect(data.reports[1].results).toHaveLength(1)
})

test('a page without failures has no list of them', () => {
  const { server, family, date, seed } = other
  expect(written('html', [reportOf({ server, family, date, seed }, [])])).not.toContain('class="failures"')
  expect(parsed(written('html', [other])).some(({ text }) => text === 'Failures')).toBe(false)
})

test('titles are those of the RFCs', () => {
  expect(indexTitles.section('RFC 3501', '6.3.11')).toBe('APPEND Command')
  expect(indexTitles.rfc('RFC 0')).toBeNull()
  expect(indexTitles.section('RFC 3501', null)).toBeNull()
  expect(indexTitles.section('decision', '9')).toBeNull()
})
