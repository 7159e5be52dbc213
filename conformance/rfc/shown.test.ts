/** Each line that a client says in an RFC's examples is said in a transcript that cites it, or there is a reason why not. */
import { expect, test } from 'vitest'
import { exceptions } from '../examples.js'
import { readTranscripts } from '../files.js'
import { hasSection, rfcIndex } from '../rfc-index.js'
import { parseTranscript } from '../transcript.js'
import { implemented } from './implemented.js'
import { missing, printed, unshown } from './shown.js'

const transcripts = { smtp: readTranscripts('smtp'), imap: readTranscripts('imap') }

test.each(implemented)('the examples of RFC %s', (rfc) => {
  expect(missing(rfc, transcripts).map(({ section, line }) => `§${section} ${line}`)).toEqual([])
})

const reasons = Object.entries(exceptions).flatMap(([rfc, of]) => Object.keys(of).map((what) => [rfc, what] as const))

test.each(reasons)('RFC %s prints what there is a reason for: %s', (rfc, what) => {
  expect(rfcIndex()).toHaveProperty(rfc)
  if (what.startsWith('§')) expect(hasSection(rfc, what.slice(1))).toBe(true)
  else if (what !== '*')
    expect(printed(rfc).flatMap(({ section, line }) => [line, `${section} ${line}`])).toContain(what)
})

test.each(reasons)('RFC %s, %s: the reason is needed', (rfc, what) => {
  const lines = unshown(rfc, transcripts).flatMap(({ section, line }) => [
    '*',
    `§${section}`,
    line,
    `${section} ${line}`,
  ])
  expect(lines).toContain(what)
})

const unshownBy = (dialogue: string): string[] => {
  const text = `# One.\nrfc: RFC 3691 §2, RFC 5032 §4, RFC 3348\n\n${dialogue}\n`
  const alone = { smtp: [], imap: [parseTranscript('conformance/imap/one.txt', text, 'imap')] }
  return ['3691', '5032', '3348', '6851'].flatMap((rfc) => unshown(rfc, alone)).map(({ rfc, line }) => `${rfc} ${line}`)
}

test('a line is shown by what it says, not by its tag, spelling or islands', () => {
  const all = ['3691 UNSELECT', '5032 SEARCH UNSEEN YOUNGER 259200', '3348 LIST "" *', '6851 UID MOVE 42:69 foo']
  expect(unshownBy('C: a NOOP')).toEqual(all)
  expect(unshownBy('C: x17 unselect')).toEqual(all.slice(1))
  expect(unshownBy('C: a SEARCH UNSEEN YOUNGER {{n}}\nS: * SEARCH\nC: a LIST "" "*"')).toEqual([all[0], all[3]])
  expect(unshownBy('C: {{everything}}')).toEqual(all)
  expect(unshownBy('C: a UID MOVE 42:69 foo')).toEqual(all)
})

test('what a state says before the first line counts, and what a newer RFC prints in the place of an older', () => {
  const transcript = parseTranscript(
    'conformance/smtp/one.txt',
    '# One.\nrfc: RFC 6152 §2\nstate: greeted\n\nC: MAIL FROM:<a@b.example> BODY=8BITMIME\n',
    'smtp',
  )
  const lines = unshown('1652', { smtp: [transcript], imap: [] }).map(({ line }) => line)
  expect(lines).toEqual(['RCPT TO:<…>', 'DATA', 'QUIT'])
})
