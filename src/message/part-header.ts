/** What the header of a body part says of its body: type, charset, encoding, disposition, name. */
import { mimeLimits } from '../core/limits.js'
import { harmlessName, parameterText } from './file-name.js'
import { parseFields } from './headers.js'
import { NamedFields } from './named-fields.js'
import { type Parameter, parameterOf, parseDisposition, parseMediaType, parseToken } from './parameters.js'

export interface PartHeader {
  /** `type/subtype`, small letters; that of a multipart in which no part was found is shown as text/plain. */
  readonly type: string
  readonly charset: string | null
  /** Small letters; 7bit when it is not said (RFC 2045 §6.1). */
  readonly encoding: string
  readonly disposition: string | null
  /** Decoded, and harmless as the name of a file. */
  readonly name: string | null
  /** Without angle brackets. */
  readonly contentId: string | null
}

function nameOf(disposition: readonly Parameter[], type: readonly Parameter[]): string | null {
  const name = parameterText(disposition, 'filename') ?? parameterText(type, 'name')
  return name === null ? null : harmlessName(name)
}

/** `octets`: the header of the part, from its first field on. */
export function readPartHeader(octets: Uint8Array): PartHeader {
  const fields = new NamedFields(parseFields(octets, mimeLimits.headerFields))
  const media = parseMediaType(fields.first('content-type') ?? '', mimeLimits.parameters)
  const placed = parseDisposition(fields.first('content-disposition') ?? '', mimeLimits.parameters)
  const type = media === null ? 'text/plain' : `${media.type}/${media.subtype}`.toLowerCase()
  const encoding = parseToken(fields.first('content-transfer-encoding') ?? '') ?? '7bit'
  return {
    type,
    charset: parameterOf(media?.parameters ?? [], 'charset'),
    encoding: encoding.toLowerCase(),
    disposition: placed?.type.toLowerCase() ?? null,
    name: nameOf(placed?.parameters ?? [], media?.parameters ?? []),
    contentId: fields.text('content-id')?.replace(/^<(.*)>$/s, '$1') ?? null,
  }
}
