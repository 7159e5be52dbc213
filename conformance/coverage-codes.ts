/** Response codes of IMAP, STATUS items and options of LIST that no transcript shows. */
import { returnOptions, selectionOptions } from '../src/imap/commands/list.js'
import { statusItems } from '../src/imap/commands/status.js'
import { type CodeName, responseCodes } from '../src/imap/response-codes.js'
import type { Transcript } from './transcript.js'
import { expectedLines, sentLines } from './transcript-lines.js'

/** Codes that no client can bring about: why, and where they are tested instead. */
const ELSEWHERE: Partial<Record<CodeName, string>> = {
  INUSE: 'stands for a refusal that administrators get, and no command of IMAP',
  SERVERBUG: 'takes a defect of ours: src/imap/session.test.ts',
}

/** Those that RFC 3501 §7.1 and RFC 5530 §3 describe. */
const DESCRIBED = [
  ...['ALERT', 'BADCHARSET', 'CAPABILITY', 'PARSE', 'PERMANENTFLAGS', 'READ-ONLY', 'READ-WRITE', 'TRYCREATE'],
  ...['UIDNEXT', 'UIDVALIDITY', 'UNSEEN', 'UNAVAILABLE', 'AUTHENTICATIONFAILED', 'AUTHORIZATIONFAILED', 'EXPIRED'],
  ...['PRIVACYREQUIRED', 'CONTACTADMIN', 'NOPERM', 'INUSE', 'EXPUNGEISSUED', 'CORRUPTION', 'SERVERBUG', 'CLIENTBUG'],
  ...['CANNOT', 'LIMIT', 'OVERQUOTA', 'ALREADYEXISTS', 'NONEXISTENT'],
]

/** Those of them that the server never says, and why. */
const UNSAID: Readonly<Record<string, string>> = {
  CORRUPTION: 'what is damaged is UNAVAILABLE: it may pass, by a repair, a restore, or the same message once more',
  EXPIRED: 'no password and no app password ends by itself',
  PARSE: 'a message that is badly made is told as far as it can be read, and nothing is refused for it',
}

/** @returns one line for each code that an RFC describes, and that we neither send nor have a reason not to, or both */
export const unexplainedCodes = (): string[] =>
  DESCRIBED.filter((code) => Object.hasOwn(responseCodes, code) === Object.hasOwn(UNSAID, code)).map(
    (code) =>
      `IMAP response code ${code} is ${Object.hasOwn(UNSAID, code) ? 'sent' : 'not sent'}, against what is said`,
  )

/** @returns one line for each code, item and option without a transcript */
export function uncoveredCodes(transcripts: readonly Transcript[]): string[] {
  const [said, heard] = [sentLines(transcripts), expectedLines(transcripts)]
  const missing = (what: string, names: readonly string[], lines: readonly string[], pattern: Pattern): string[] =>
    names
      .filter((name) => !(name in ELSEWHERE) && !lines.some((line) => pattern(name).test(line)))
      .map((name) => `IMAP ${what} ${name} has no transcript`)
  return [
    ...missing('response code', Object.keys(responseCodes), heard, (code) => new RegExp(`\\[${code}[ \\]]`)),
    ...missing('status item', statusItems, heard, (item) => new RegExp(`^\\* STATUS .*[( ]${item} `)),
    ...missing('selection option', selectionOptions, said, (option) => new RegExp(` LIST \\([^)]*${option}[ )]`, 'i')),
    ...missing('return option', returnOptions, said, (option) => new RegExp(` RETURN \\(.*${option}[ )]`, 'i')),
  ]
}

type Pattern = (name: string) => RegExp
