/** What playing transcripts came to: one Result for each, and the Report of all. Every kind of report is made of these. */
import { z } from 'zod'
import { type Outcome, shown } from './outcome.js'
import type { Transcript } from './transcript.js'

/** One section that a transcript shows. What is not an RFC is a word of our own: `requirement`, `decision`. */
const citationSchema = z.object({ rfc: z.string(), section: z.string().nullable() }).readonly()

const failureSchema = z
  .object({
    /** Of the transcript's file. */
    line: z.number().int(),
    /** In a few words; without what was expected and what came. */
    what: z.string(),
    /** What is written, and what came instead: where it is about a response. */
    expected: z.string().nullable(),
    came: z.string().nullable(),
  })
  .readonly()

export const resultSchema = z
  .object({
    /** `imap/rfc3501-8` */
    transcript: z.string(),
    /** What is shown, in a sentence. */
    title: z.string(),
    /** What it is filed under: the first RFC that it cites, and if there is none the first of our own words. */
    rfc: z.string(),
    section: z.string().nullable(),
    citations: z.array(citationSchema).readonly(),
    outcome: z.enum(['passed', 'failed', 'skipped']),
    /** Why it was skipped. */
    reason: z.string().nullable(),
    /** How the client's octets were cut when it failed. */
    cut: z.string().nullable(),
    failure: failureSchema.nullable(),
    /** What was said, as far as it went; each line as people can read it, passwords masked. */
    dialogue: z.array(z.string()).readonly(),
    /** All cuts together. */
    milliseconds: z.number(),
  })
  .readonly()

export const reportSchema = z
  .object({
    /** What was tested, as a heading: `mail.example.org`. */
    server: z.string(),
    family: z.enum(['imap', 'smtp', 'all']),
    /** When it began: ISO 8601, UTC. */
    date: z.string(),
    /** Of the random cuts. */
    seed: z.number().int(),
    passed: z.number().int(),
    failed: z.number().int(),
    skipped: z.number().int(),
    results: z.array(resultSchema).readonly(),
  })
  .readonly()

export type Citation = z.infer<typeof citationSchema>
export type Failure = z.infer<typeof failureSchema>
export type Result = z.infer<typeof resultSchema>
export type Report = z.infer<typeof reportSchema>

/** How one transcript was played, in one way of cutting or in several of which the first that did not pass counts. */
export interface Played {
  readonly outcome: Outcome
  /** The name of the cut. */
  readonly cut: string
  readonly milliseconds: number
}

/** Takes out of a line what nobody is to read in a report. */
export type Mask = (line: string) => string

/** `conformance/imap/append.txt` is the transcript `imap/append`. */
export const nameOf = ({ file }: Transcript): string => file.replace(/^conformance\//, '').replace(/\.txt$/, '')

const CITATION = /^(RFC \d+|requirement|decision)(?: §?(\S+))?$/

/** What a header's `rfc:` lists: `RFC 3501 §6.4.5, decision 9`. */
export function citationsOf(rfc: string): Citation[] {
  return rfc.split(/\s*,\s*/).map((text) => {
    const [, source = text, section = null] = CITATION.exec(text) ?? []
    return { rfc: source, section }
  })
}

export const isRfc = ({ rfc }: { readonly rfc: string }): boolean => rfc.startsWith('RFC ')

/** The section that a transcript is filed under. */
export function placeOf(transcript: Transcript): Citation {
  const citations = citationsOf(transcript.header.rfc)
  return citations.find(isRfc) ?? citations[0] ?? { rfc: 'RFC 0', section: null }
}

export function resultOf(transcript: Transcript, played: Played, mask: Mask = (line) => line): Result {
  const { outcome, cut, milliseconds } = played
  const failure = outcome.kind === 'failed' ? outcome.failure : null
  const text = (words: string | null): string | null => (words === null ? null : mask(words))
  return {
    transcript: nameOf(transcript),
    title: transcript.title,
    ...placeOf(transcript),
    citations: citationsOf(transcript.header.rfc),
    outcome: outcome.kind,
    reason: outcome.kind === 'skipped' ? mask(outcome.reason) : null,
    cut: failure === null ? null : cut,
    failure: failure && {
      line: failure.line,
      what: mask(failure.what),
      expected: text(failure.expected),
      came: text(failure.came),
    },
    dialogue: outcome.dialogue.map((line) => mask(shown(line))),
    milliseconds,
  }
}

export function reportOf(
  head: Pick<Report, 'server' | 'family' | 'date' | 'seed'>,
  results: readonly Result[],
): Report {
  const count = (outcome: Result['outcome']): number => results.filter((one) => one.outcome === outcome).length
  return { ...head, passed: count('passed'), failed: count('failed'), skipped: count('skipped'), results }
}
