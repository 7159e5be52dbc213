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
