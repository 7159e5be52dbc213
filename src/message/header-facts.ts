/** What must be known of the header of a part before its transfer encoding can be changed. */
import { mimeLimits } from '../core/limits.js'
import { parseFields } from './headers.js'
import type { OctetString, Range } from './index-types.js'
import { unfold } from './lexer.js'
import { parameterOf, parseMediaType, parseToken } from './parameters.js'

export interface HeaderFacts {
  /** `type/subtype`, small letters; null: nothing is said. What cannot be read is text/plain (RFC 2045 §5.2). */
  readonly type: string | null
  /** Small letters; 7bit when it is not said (RFC 2045 §6.1). */
  readonly encoding: string
  /** Where the Content-Transfer-Encoding fields are in the message, line ends included. */
  readonly encodingFields: readonly Range[]
  readonly hasMimeVersion: boolean
  /** Octets of it may be ≥ 0x80; empty: there is none. */
  readonly boundary: OctetString
  /** Where fields can be added: before the empty line, or at the end where there is none. */
  readonly end: number
  readonly hasEmptyLine: boolean
}

/** As `header` has it whole, `start` being its place in the message; null: it is too long to be sure of anything. */
export function headerFacts(header: Buffer, start: number): HeaderFacts | null {
  const fields = parseFields(header, mimeLimits.headerFields)
  if (fields.length >= mimeLimits.headerFields) return null
  const named = (name: string) => fields.filter((field) => field.name.toLowerCase() === name)
  const declared = named('content-type')[0]?.value ?? null
  const media = declared === null ? null : parseMediaType(declared, mimeLimits.parameters)
  const encodings = named('content-transfer-encoding')
  const hasEmptyLine = header.equals(CRLF) || header.subarray(-4).equals(TWO_CRLF)
  const shown = media === null ? 'text/plain' : `${media.type}/${media.subtype}`.toLowerCase()
  return {
    type: declared === null ? null : shown,
    encoding: (parseToken(encodings[0]?.value ?? '') ?? '7bit').toLowerCase(),
    encodingFields: encodings.map(({ range }) => ({ start: start + range.start, end: start + range.end })),
    hasMimeVersion: named('mime-version').length > 0,
    boundary: unfold(parameterOf(media?.parameters ?? [], 'boundary') ?? ''),
    end: start + header.length - (hasEmptyLine ? CRLF.length : 0),
    hasEmptyLine,
  }
}

const CRLF = Buffer.from('\r\n')
const TWO_CRLF = Buffer.from('\r\n\r\n')
