/** What RFCs and their sections are called, for those who do not know them by number. */
import { rfcIndex, sectionTitle } from '../rfc-index.js'

export interface Titles {
  /** `RFC 3501` → its title; null: not known. */
  rfc(rfc: string): string | null
  /** `RFC 3501`, `6.3.11` → `APPEND Command`; null: not known. */
  section(rfc: string, section: string | null): string | null
}

/** What stands where an RFC stands, for what shows a word of our own. */
const OWN: Readonly<Record<string, string>> = {
  requirement: "Posthorn's own requirements",
  decision: "Posthorn's own decisions",
}

export const ownTitle = (source: string): string | null => OWN[source] ?? null

/** `§6.3.11`, or nothing where an RFC is cited as a whole. */
export const sectionText = (section: string | null): string => (section === null ? '' : `§${section}`)

/** `RFC 3501 §6.3.11` */
export const citationText = (rfc: string, section: string | null): string => `${rfc} ${sectionText(section)}`.trimEnd()

const numberOf = (rfc: string): string => rfc.replace(/^RFC /, '')

/** As conformance/rfc-index.json has them. */
export const indexTitles: Titles = {
  rfc: (rfc) => rfcIndex()[numberOf(rfc)]?.title || null,
  section: (rfc, section) => (section === null ? null : sectionTitle(numberOf(rfc), section) || null),
}
