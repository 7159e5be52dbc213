/** Which lines of the examples that RFCs print no transcript shows. */
import { exceptions } from '../examples.js'
import { FAMILIES, type Family } from '../files.js'
import { escaped } from '../pattern.js'
import { rfcIndex, sorted } from '../rfc-index.js'
import type { Transcript } from '../transcript.js'
import { sentLines } from '../transcript-lines.js'
import { citationsIn } from './citations.js'
import { ANYTHING, comparable, normalised } from './examples.js'

export interface Example {
  readonly rfc: string
  readonly section: string
  /** As rfc/examples.ts spells it. */
  readonly line: string
}

export type Transcripts = { readonly [F in Family]: readonly Transcript[] }

/** Every client line that an RFC prints, in the order of its sections; [] where the text was not at hand. */
export function printed(rfc: string): Example[] {
  const examples = rfcIndex()[rfc]?.examples ?? {}
  return sorted(Object.keys(examples)).flatMap((section) =>
    (examples[section] ?? []).map((line) => ({ rfc, section, line })),
  )
}

/** @returns those that no transcript has which cites the RFC, whether or not there is a reason */
export function unshown(rfc: string, transcripts: Transcripts): Example[] {
  const patterns = FAMILIES.flatMap((family) => patternsOf(family, citing(rfc, transcripts[family])))
  return printed(rfc).filter(({ line }) => !patterns.some((pattern) => pattern.test(comparable(line))))
}

/** @returns those of `unshown` without a reason in conformance/examples.ts */
export const missing = (rfc: string, transcripts: Transcripts): Example[] =>
  unshown(rfc, transcripts).filter((example) => reasonOf(example) === null)

/** Why a printed line need not be shown: its own reason, that of its section, or that of the whole RFC. */
export function reasonOf({ rfc, section, line }: Example): string | null {
  const reasons = exceptions[rfc] ?? {}
  const key = [`${section} ${line}`, line, `§${section}`, '*'].find((one) => Object.hasOwn(reasons, one))
  return (key === undefined ? null : reasons[key]) ?? null
}

/** RFCs that print the same in the place of an older one. */
const INSTEAD: Readonly<Record<string, string>> = { '1652': '6152' }

const citing = (rfc: string, transcripts: readonly Transcript[]): Transcript[] =>
  transcripts.filter(({ header }) =>
    citationsIn(header.rfc).some((citation) => [rfc, INSTEAD[rfc]].includes(citation.rfc)),
  )

/** What is said to come to a state, before the first line of a transcript. */
const SAID_BEFORE: { readonly [F in Family]: Readonly<Record<string, readonly string[]>> } = {
  smtp: {
    greeted: [`EHLO ${ANYTHING}`],
    secured: [`EHLO ${ANYTHING}`, 'STARTTLS'],
    auth: [`EHLO ${ANYTHING}`],
  },
  imap: { secured: ['STARTTLS'], auth: [`LOGIN ${ANYTHING}`], selected: [`LOGIN ${ANYTHING}`, 'SELECT INBOX'] },
}

const saidBefore = (family: Family, { header }: Transcript): readonly string[] =>
  header.connections.flatMap(({ state }) => SAID_BEFORE[family][state] ?? [])

/** Of the lines that RFCs print; transcripts have such as no regular expression can hold. */
const LONGEST = 1000

/** What a transcript's client says, with anything in the places of its islands. */
function patternsOf(family: Family, transcripts: readonly Transcript[]): RegExp[] {
  const lines = sentLines(transcripts).map((line) =>
    comparable(normalised(line.replace(/\{\{.*?\}\}/g, ANYTHING), family)),
  )
  return [...new Set([...transcripts.flatMap((transcript) => saidBefore(family, transcript)), ...lines])]
    .filter((line) => line !== ANYTHING && line.length <= LONGEST)
    .map((line) => new RegExp(`^${line.split(ANYTHING).map(escaped).join('.*')}$`))
}
