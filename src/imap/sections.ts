/** What `[…]` behind BODY means: a section as the client names it, and the octets of a message that it stands for. */
import type { MessageIndex, OctetString, PartIndex, Range } from '../message/index-types.js'
import { string } from '../message/octet-string.js'

/** The end of a section: section-text of RFC 3501 §9, or nothing (`whole`). */
export type SectionText =
  | { readonly kind: 'whole' }
  | { readonly kind: 'header' }
  | { readonly kind: 'text' }
  | { readonly kind: 'mime' }
  /** HEADER.FIELDS and, with `not`, HEADER.FIELDS.NOT. Names as the client spelled them. */
  | { readonly kind: 'fields'; readonly not: boolean; readonly names: readonly OctetString[] }

export interface Section {
  /** Part numbers, each at least 1; none for the message itself. `mime` always has one (RFC 3501 §6.4.5). */
  readonly part: readonly number[]
  readonly text: SectionText
}

/**
 * The octets that `section` names, or null when the message has no such part: then the value is NIL. For
 * `fields` it is the whole header, of which the caller picks the fields.
 */
export function findSection({ root, size }: MessageIndex, { part, text }: Section): Range | null {
  if (part.length === 0) return text.kind === 'whole' ? { start: 0, end: size } : ofMessage(root, text)
  const found = findPart(root, part)
  if (found === null) return null
  if (text.kind === 'whole') return found.body
  if (text.kind === 'mime') return found.header
  const inner = found.kind === 'message' ? found.parts[0] : undefined
  return inner === undefined ? null : ofMessage(inner, text)
}

const ofMessage = (message: PartIndex, text: SectionText): Range =>
  text.kind === 'text' ? message.body : message.header

function findPart(root: PartIndex, numbers: readonly number[]): PartIndex | null {
  let found: PartIndex | undefined
  let level = partsOfMessage(root)
  for (const number of numbers) {
    found = level[number - 1]
    if (found === undefined) return null
    level = partsInside(found)
  }
  return found ?? null
}

/** "Every message has at least one part number": what is no multipart is its own part 1. */
const partsOfMessage = (message: PartIndex): readonly PartIndex[] =>
  message.kind === 'multipart' ? message.parts : [message]

/** The numbers under a message/rfc822 part are those of the message in it, so a multipart there takes no number. */
function partsInside(part: PartIndex): readonly PartIndex[] {
  const inner = part.parts[0]
  return part.kind === 'message' && inner !== undefined ? partsOfMessage(inner) : part.parts
}

/** ATOM-CHAR of RFC 3501 §9. `]` is an ASTRING-CHAR as well, but would end the section for a simple reader. */
const BARE = /^[^\x00-\x20\x7f-\xff(){%*"\\\]]+$/

const formatName = (name: OctetString): OctetString => (BARE.test(name) ? name : string(name))

function formatText(text: SectionText): OctetString {
  if (text.kind !== 'fields') return text.kind === 'whole' ? '' : text.kind.toUpperCase()
  return `HEADER.FIELDS${text.not ? '.NOT' : ''} (${text.names.map(formatName).join(' ')})`
}

/** section-spec of RFC 3501 §9, as it stands between the brackets of a response. */
export const formatSection = ({ part, text }: Section): OctetString =>
  [...part, formatText(text)].filter((word) => word !== '').join('.')
