/** Which transcripts are played: by their names, and by the sections that they cite. */
import { globPattern } from './glob.js'
import { citationsOf, nameOf } from './result.js'
import type { Transcript } from './transcript.js'

export interface Selection {
  /** One of them matches; a pattern without a slash is about the name without its family. None: all. */
  readonly only: readonly RegExp[]
  /** One of them is cited. None: all. */
  readonly rfc: readonly Cited[]
}

export interface Cited {
  readonly rfc: string
  /** This section and those in it; null: any. */
  readonly section: string | null
}

/** @throws Error for a pattern that does not end */
export const namePattern = (glob: string): RegExp => globPattern(glob.includes('/') ? glob : `**/${glob}`)

/** `7162`, `3501:6.4`, `5321:D`. @returns null for anything else */
export function readCited(text: string): Cited | null {
  const [, number, section = null] = /^(?:RFC ?)?(\d{1,5})(?::§?([\dA-Z](?:[\d.]*\d)?))?$/i.exec(text) ?? []
  return number === undefined ? null : { rfc: `RFC ${number}`, section: section?.toUpperCase() ?? null }
}

export function selected(transcripts: readonly Transcript[], { only, rfc }: Selection): Transcript[] {
  return transcripts.filter(
    (transcript) =>
      (only.length === 0 || only.some((pattern) => pattern.test(nameOf(transcript)))) &&
      (rfc.length === 0 || rfc.some((wanted) => cites(transcript, wanted))),
  )
}

const cites = ({ header }: Transcript, wanted: Cited): boolean =>
  citationsOf(header.rfc).some(
    ({ rfc, section }) =>
      rfc === wanted.rfc && (wanted.section === null || section === wanted.section || within(section, wanted.section)),
  )

const within = (section: string | null, of: string): boolean => section?.startsWith(`${of}.`) === true
