/** Every section of an RFC that we cite exists. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hasSection } from '../rfc-index.js'
import { citationsIn } from './citations.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const files = [
  ...['src', 'conformance', 'docs', 'bench', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  ),
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
].filter((name) => /\.(?:ts|md|txt)$/.test(name) && !name.includes('/fixtures/'))

/** A section that is missing from an RFC whose text was not at hand is added in unread.ts. */
test('every section that is cited exists', () => {
  const wrong = files.flatMap((file) =>
    citationsIn(readFileSync(join(root, file), 'utf8'))
      .filter(({ rfc, section }) => section !== null && !hasSection(rfc, section))
      .map(({ rfc, section, line }) => `${file}:${line}: RFC ${rfc} §${section}`),
  )
  expect(wrong).toEqual([])
})

test('it looks at all of them', () => {
  expect(files.length).toBeGreaterThan(700)
  expect(files).toContain('conformance/imap/rfc3501-8-sample.txt')
})

describe('citations are found', () => {
  test.each([
    ['as RFC 3501 §6.4.5 has it', ['3501 6.4.5']],
    ['RFC 3501 §6.4.5, §6.4.8 and §9', ['3501 6.4.5', '3501 6.4.8', '3501 9']],
    ['(RFC 5321 §D.4; RFC 1870)', ['5321 D.4', '1870']],
    ['RFC 3464 appendix E and RFC 5892 appendix A.1', ['3464 E', '5892 A.1']],
    ['RFC 5321 section 4.1.1.2.', ['5321 4.1.1.2']],
    [' * the rule of RFC\n * 2180 §4.1.2 and\n * §4.4.', ['2180 4.1.2', '2180 4.4']],
    ['# a comment RFC 3501\n# §6.3.6 to §6.3.9).', ['3501 6.3.6', '3501 6.3.9']],
    ['RFC 2045 §6.7 (5), §6.8:', ['2045 6.7']],
    ['RFC822.SIZE, rfc822, RFC-822', ['822']],
    ['rfc: RFC 3501 §6.3.11, RFC 9051 §6.3.12', ['3501 6.3.11', '9051 6.3.12']],
    ['no RFC at all, §4.2', []],
  ])('%j', (text, cited) => {
    expect(citationsIn(text).map(({ rfc, section }) => (section === null ? rfc : `${rfc} ${section}`))).toEqual(cited)
  })

  test('with their lines', () => {
    expect(citationsIn('one\nRFC 1870\n\nRFC 5321 §9').map(({ line }) => line)).toEqual([2, 4])
  })
})
