/** docs/rfc.md says what the sources cite and the transcripts show; `npx vitest run conformance/rfc/document -u` writes it anew. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readTranscripts } from '../files.js'
import { rfcIndex } from '../rfc-index.js'
import { parseTranscript } from '../transcript.js'
import { rfcDocument } from './document.js'
import { implemented } from './implemented.js'
import { uncited } from './rows.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .sort()
  .map((name) => ({ file: `src/${name}`, text: readFileSync(join(root, 'src', name), 'utf8') }))

const transcripts = { smtp: readTranscripts('smtp'), imap: readTranscripts('imap') }

test('docs/rfc.md', async () => {
  await expect(rfcDocument(sources, transcripts)).toMatchFileSnapshot('../../docs/rfc.md')
})

test('every RFC that we implement is in the index', () => {
  expect(implemented.filter((rfc) => !(rfc in rfcIndex()))).toEqual([])
})

test('every row of a table has a transcript that cites its RFC', () => {
  expect(uncited(transcripts)).toEqual([])
})

const one = (rfc: string, line: string) =>
  parseTranscript('conformance/imap/one.txt', `# One.\nrfc: ${rfc}\n\n${line}\n`, 'imap')

test('rows are cited by their section, or by their RFC where they are named', () => {
  const before = uncited({ smtp: [], imap: [] })
  expect(before).toContain('IMAP command UNSELECT: no transcript cites RFC 3691 §2')
  expect(before).toContain('SMTP keyword PIPELINING: no transcript cites RFC 2920')
  const imap = [
    one('RFC 3691 §2', 'C: a NOOP'),
    one('RFC 5530 §4', 'C: a NOOP\nS: a NO [INUSE] no'),
    one('RFC 9208 §4', 'C: a NOOP'),
  ]
  expect(before.filter((line) => !uncited({ smtp: [], imap }).includes(line))).toEqual([
    'IMAP command UNSELECT: no transcript cites RFC 3691 §2',
    'IMAP capability UNSELECT: no transcript cites RFC 3691 §2',
    'IMAP response code INUSE: no transcript cites RFC 5530 §3',
  ])
})

test('the document says where a section is cited and shown, and what is not', () => {
  const text = rfcDocument([{ file: 'src/imap/some.ts', text: '/** RFC 3691 §2, and RFC 1035. */' }], {
    smtp: [],
    imap: [one('RFC 3691 §2', 'C: a NOOP')],
  })
  expect(text).toContain('| §2 UNSELECT Command | imap/some.ts | imap/one |')
  expect(text).toContain('\nNot shown: §1, §3, §4')
  expect(text).toContain('- §2 `UNSELECT`: no transcript yet')
  expect(text).toMatch(/\| \[RFC 3691\]\(#rfc-3691\) \| .* \| 9 \| 1 \| 1 \| 1 \| 1 \| 0 \|/)
  expect(text).toContain('- RFC 1035 \\*: Domain Names')
})
