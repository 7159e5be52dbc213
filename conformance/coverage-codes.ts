/** Response codes and STATUS items of IMAP that no transcript shows. */
import { statusItems } from '../src/imap/commands/status.js'
import { type CodeName, responseCodes } from '../src/imap/response-codes.js'
import type { Transcript } from './transcript.js'
import { expectedLines } from './transcript-lines.js'

/** Codes that no client can bring about: why, and where they are tested instead. */
const ELSEWHERE: Partial<Record<CodeName, string>> = {
  INUSE: 'stands for a refusal that administrators get, and no command of IMAP',
  SERVERBUG: 'takes a defect of ours: src/imap/session.test.ts',
}

/** @returns one line for each code and item without a transcript */
export function uncoveredCodes(transcripts: readonly Transcript[]): string[] {
  const heard = expectedLines(transcripts)
  const codes = Object.keys(responseCodes).filter(
    (code) => !(code in ELSEWHERE) && !heard.some((line) => line.includes(`[${code}]`) || line.includes(`[${code} `)),
  )
  const items = statusItems.filter((item) => !heard.some((line) => new RegExp(`^\\* STATUS .*[( ]${item} `).test(line)))
  return [
    ...codes.map((code) => `IMAP response code ${code} has no transcript`),
    ...items.map((item) => `IMAP status item ${item} has no transcript`),
  ]
}
