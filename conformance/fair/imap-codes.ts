/** Response codes: which must be there, which may be missing or be another, and when two are the same. Pure. */
import { inOrder, type Match, sameSet, sameValue, textOf, tried } from './imap-match.js'
import { numbersOf, sameNumbers } from './imap-numbers.js'
import type { Code } from './imap-response.js'

/** RFC 5530 §3: they tell more of a refusal; none of them has to be sent. */
const ADVICE: ReadonlySet<string> = new Set([
  ...['UNAVAILABLE', 'AUTHENTICATIONFAILED', 'AUTHORIZATIONFAILED', 'EXPIRED', 'PRIVACYREQUIRED', 'CONTACTADMIN'],
  ...['NOPERM', 'INUSE', 'EXPUNGEISSUED', 'CORRUPTION', 'SERVERBUG', 'CLIENTBUG', 'CANNOT', 'LIMIT', 'OVERQUOTA'],
  ...['ALREADYEXISTS', 'NONEXISTENT'],
])

/** A server SHOULD or MAY send these: RFC 3501 §6.4.4, §7.1, §6.3.1; RFC 9585; RFC 5258; RFC 7889. */
const MAY_BE_MISSING: ReadonlySet<string> = new Set([
  ...['BADCHARSET', 'CAPABILITY', 'READ-WRITE', 'ALERT', 'PARSE', 'INPROGRESS', 'HASCHILDREN'],
])

/** Of extensions: who does not offer it does not have to send them. */
const OF_EXTENSION: { readonly [code: string]: string } = {
  APPENDUID: 'UIDPLUS',
  COPYUID: 'UIDPLUS',
  UIDNOTSTICKY: 'UIDPLUS',
  USEATTR: 'CREATE-SPECIAL-USE',
  HIGHESTMODSEQ: 'CONDSTORE',
  NOMODSEQ: 'CONDSTORE',
  MODIFIED: 'CONDSTORE',
  CLOSED: 'QRESYNC',
  NOTSAVED: 'SEARCHRES',
  'UNKNOWN-CTE': 'BINARY',
  TOOBIG: 'APPENDLIMIT',
}

/** @param offered capabilities in capitals; null when nobody knows */
export function codeFits(
  match: Match,
  written: Code | null,
  came: Code | null,
  offered: ReadonlySet<string> | null,
  needs: readonly string[] = [],
): boolean {
  if (written === null) return true
  if (came?.name === written.name) return tried(match, (attempt) => sameCode(attempt, written, came, needs))
  if (ADVICE.has(written.name)) return true
  if (written.name === 'READ-WRITE' && came?.name === 'READ-ONLY') return false
  if (MAY_BE_MISSING.has(written.name)) return true
  const extension = OF_EXTENSION[written.name]
  return extension !== undefined && offered !== null && !offered.has(extension) && !isOfRev2(offered, written.name)
}

/** RFC 9051 has UIDPLUS and SEARCHRES in it. */
const isOfRev2 = (offered: ReadonlySet<string>, code: string): boolean =>
  offered.has('IMAP4REV2') && ['APPENDUID', 'COPYUID', 'UIDNOTSTICKY', 'NOTSAVED', 'CLOSED'].includes(code)

/** Two codes of one name. */
export function sameCode(match: Match, written: Code, came: Code, needs: readonly string[] = []): boolean {
  switch (written.name) {
    case 'CAPABILITY':
      return sameCapabilities(match, written.values, came.values, needs)
    case 'PERMANENTFLAGS':
      return samePermanent(match, written, came)
    case 'COPYUID':
      return sameCopy(match, written, came)
    case 'BADCHARSET':
      return true
    default:
      return inOrder(match, written.values, came.values, (attempt, value, other) => {
        const [expected, said] = [textOf(value), textOf(other)]
        if (expected === null || said === null) return sameValue(attempt, value, other, null)
        return sameNumbers(attempt, expected, said) || attempt.text(expected, said, { caseless: true })
      })
  }
}

/** RFC 3501 §6.1.1 has them; everything else a server offers if it likes, or if the transcript needs it. */
const REQUIRED = /^(?:IMAP4REV1|STARTTLS|LOGINDISABLED|AUTH=PLAIN)$/
/** It would be wrong to offer these where they are not written. */
const NOT_ANYWHERE = /^(?:STARTTLS|LOGINDISABLED)$/

export const sameCapabilities = (
  match: Match,
  written: Code['values'],
  came: Code['values'],
  needs: readonly string[],
): boolean =>
  sameSet(match, written, came, {
    extra: (word) => !NOT_ANYWHERE.test(word),
    missing: (word) => !REQUIRED.test(word) && !needs.includes(word),
  })

/** More flags than are written are a server's own affair, and so is `\*`; but none at all is none at all. */
function samePermanent(match: Match, written: Code, came: Code): boolean {
  const [expected, said] = [written.values[0], came.values[0]]
  if (expected?.kind !== 'list' || said?.kind !== 'list') return expected?.kind === 'rest'
  if (expected.items.length === 0) return said.items.length === 0
  return sameSet(match, expected.items, said.items, { extra: () => true, missing: (flag) => flag === '\\*' })
}

/** RFC 4315 §3: the first UID of the one set has become the first of the other. */
function sameCopy(match: Match, written: Code, came: Code): boolean {
  const [expected, said] = [written.values.map(textOf), came.values.map(textOf)]
  if (said.length !== 3) return false
  const [from, to] = [numbersOf(said[1] ?? ''), numbersOf(said[2] ?? '')]
  if (from === null || to === null || from.length !== to.length) return false
  const filled = expected.map((text) => (text === null ? null : match.filled(text)))
  const [oldOnes, newOnes] = [numbersOf(filled[1] ?? ''), numbersOf(filled[2] ?? '')]
  if (oldOnes === null || newOnes === null) return inOrder(match, written.values, came.values, sameSpelled)
  if (!match.text(expected[0] ?? '', said[0] ?? '')) return false
  return pairs(oldOnes, newOnes) === pairs(from, to)
}

/** Where an island is not known yet, the sets must at least be written alike. */
const sameSpelled = (match: Match, written: Code['values'][number], came: Code['values'][number]): boolean => {
  const [expected, said] = [textOf(written), textOf(came)]
  return written.kind === 'rest' || (expected !== null && said !== null && sameNumbers(match, expected, said))
}

const pairs = (from: readonly number[], to: readonly number[]): string =>
  from
    .map((uid, i) => `${uid}>${to[i]}`)
    .sort()
    .join()
