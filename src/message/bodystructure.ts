/** BODY and BODYSTRUCTURE as they go on the wire (RFC 3501 §7.4.2, RFC 9051 §7.5.2). */
import type { MimeLimits } from '../core/limits.js'
import { EMPTY_ENVELOPE } from './envelope.js'
import type { OctetString, Range } from './index-types.js'
import { unfold } from './lexer.js'
import type { NamedFields } from './named-fields.js'
import { nstring, string } from './octet-string.js'
import {
  type MediaType,
  type Parameter,
  parameterOf,
  parseDisposition,
  parseMediaType,
  parseToken,
} from './parameters.js'

const DEFAULT_TEXT: MediaType = {
  type: 'TEXT',
  subtype: 'PLAIN',
  parameters: [{ name: 'CHARSET', value: 'US-ASCII' }],
}
/** Of the parts of multipart/digest (RFC 2046 §5.1.5). */
const DEFAULT_MESSAGE: MediaType = { type: 'MESSAGE', subtype: 'RFC822', parameters: [] }
/** RFC 2045 §6.2: only what is encoded by none of these can be looked into. */
const IDENTITY: ReadonlySet<string> = new Set(['7BIT', '8BIT', 'BINARY'])
const PLACE_FIELDS = ['content-disposition', 'content-language', 'content-location']
const NO_EXTENSION = 'NIL NIL NIL NIL'
const EMPTY_BODY = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0'

/** What a part's header says of it. The texts are flat copies, so that they do not keep the header in memory. */
export interface Description {
  /** By declared type. 'multipart' only with a boundary, 'message' only where the type has an envelope. */
  readonly form: 'text' | 'multipart' | 'message' | 'other'
  readonly boundary: OctetString | null
  readonly isDigest: boolean
  /** Encoded content is not looked into. */
  readonly isEncoded: boolean
  /** media type, parameters, id, description, encoding: body-fields without the size. */
  readonly basic: OctetString
  /** body-ext-1part */
  readonly extension: OctetString
  /** media-subtype and body-ext-mpart, for 'multipart'. */
  readonly multipart: { readonly subtype: OctetString; readonly extension: OctetString } | null
}

/** A part that is done. */
export interface DescribedPart {
  readonly kind: 'leaf' | 'multipart' | 'message'
  readonly body: Range
  /** Line ends within `body`; right where BODYSTRUCTURE shows it. */
  readonly lines: number
  readonly parts: readonly DescribedPart[]
  readonly description: Description
  /** ENVELOPE of a message; of other parts it is not looked at. */
  readonly envelope: OctetString
}

const parameterList = (parameters: readonly Parameter[]): OctetString =>
  parameters.length === 0
    ? 'NIL'
    : `(${parameters.map(({ name, value }) => `${string(name)} ${string(value)}`).join(' ')})`

/** text/plain is US-ASCII unless it says otherwise (RFC 2046 §4.1.2). */
function withCharset({ type, subtype, parameters }: MediaType): readonly Parameter[] {
  if (type !== 'TEXT' || subtype !== 'PLAIN') return parameters
  if (parameters.some(({ name }) => /^charset(\*|$)/i.test(name))) return parameters
  return [...parameters, ...DEFAULT_TEXT.parameters]
}

const mediaText = (media: MediaType): OctetString =>
  `"${media.type}" "${media.subtype}" ${parameterList(withCharset(media))}`

function dispositionText(fields: NamedFields, limits: MimeLimits): OctetString {
  const value = fields.first('content-disposition')
  const disposition = value === null ? null : parseDisposition(value, limits.parameters)
  return disposition === null ? 'NIL' : `(${string(disposition.type)} ${parameterList(disposition.parameters)})`
}

/** RFC 3282: language tags between commas. */
function languageText(fields: NamedFields, limits: MimeLimits): OctetString {
  const value = fields.first('content-language')
  if (value === null) return 'NIL'
  const tags = unfold(value.replace(/\([^()]*\)/g, ' '))
    .split(/[ \t,]+/, limits.parameters)
    .filter((tag) => tag !== '')
  return tags.length === 0 ? 'NIL' : `(${tags.map(string).join(' ')})`
}

/** RFC 2557 §4.4.2: white space in a URI came by folding and goes with it. */
const locationText = (fields: NamedFields): OctetString =>
  nstring(fields.first('content-location')?.replace(/[ \t\r\n]+/g, '') ?? null)

/** In capitals. RFC 2045 §5.2: no type is the default, what is no type is text/plain. */
function mediaOf(fields: NamedFields, isInDigest: boolean, limits: MimeLimits): MediaType {
  const value = fields.first('content-type')
  if (value === null) return isInDigest ? DEFAULT_MESSAGE : DEFAULT_TEXT
  const media = parseMediaType(value, limits.parameters)
  if (media === null) return DEFAULT_TEXT
  return { type: media.type.toUpperCase(), subtype: media.subtype.toUpperCase(), parameters: media.parameters }
}

function encodingOf(fields: NamedFields): string {
  const value = fields.first('content-transfer-encoding')
  return ((value === null ? null : parseToken(value)) ?? '7BIT').toUpperCase()
}

function formOf(media: MediaType, boundary: OctetString | null): Description['form'] {
  switch (media.type) {
    case 'TEXT':
      return 'text'
    case 'MULTIPART':
      return boundary === null ? 'text' : 'multipart'
    case 'MESSAGE':
      return media.subtype === 'RFC822' || media.subtype === 'GLOBAL' ? 'message' : 'other'
    default:
      return 'other'
  }
}

/** Disposition, language and location: what the extension data of all parts end with. */
function placeText(fields: NamedFields, limits: MimeLimits): OctetString {
  if (PLACE_FIELDS.every((name) => fields.first(name) === null)) return 'NIL NIL NIL'
  return [dispositionText(fields, limits), languageText(fields, limits), locationText(fields)].join(' ')
}

/** RFC 2046 §5.1.1: a boundary does not end in white space, and an empty one would be at every dash. */
function boundaryOf(media: MediaType): OctetString | null {
  if (media.type !== 'MULTIPART') return null
  const boundary = unfold(parameterOf(media.parameters, 'boundary') ?? '').replaceAll('\0', '')
  return boundary === '' ? null : boundary
}

/** `isInDigest`: the part stands in a multipart/digest, which changes its default type. */
export function describe(fields: NamedFields, isInDigest: boolean, limits: MimeLimits): Description {
  const media = mediaOf(fields, isInDigest, limits)
  const boundary = boundaryOf(media)
  const form = formOf(media, boundary)
  const encoding = encodingOf(fields)
  // A multipart without a boundary, or in which none is found, is shown as text.
  const shown = media.type === 'MULTIPART' ? DEFAULT_TEXT : media
  const basic = [mediaText(shown), nstring(fields.text('content-id')), nstring(fields.text('content-description'))]
  const place = placeText(fields, limits)
  return {
    form,
    boundary,
    isDigest: form === 'multipart' && media.subtype === 'DIGEST',
    isEncoded: !IDENTITY.has(encoding),
    basic: [...basic, string(encoding)].join(' '),
    extension: [nstring(fields.text('content-md5')), place].join(' '),
    multipart: form === 'multipart' ? multipartText(media, place) : null,
  }
}

const multipartText = (media: MediaType, place: OctetString): Description['multipart'] => ({
  subtype: ['"', media.subtype, '"'].join(''),
  extension: [parameterList(media.parameters), place].join(' '),
})

/** Octets that a description adds to BODYSTRUCTURE. */
export const descriptionOctets = (it: Description): number =>
  it.multipart === null ? it.basic.length + it.extension.length : it.multipart.extension.length

const TERSE_MEDIA: Readonly<Record<Description['form'], OctetString>> = {
  text: '"TEXT" "PLAIN"',
  multipart: '"TEXT" "PLAIN"',
  message: '"MESSAGE" "RFC822"',
  other: '"APPLICATION" "OCTET-STREAM"',
}

/** The same part, with no more said of it than the grammar wants: for a response that gets too long. */
export const terse = (description: Description): Description => ({
  ...description,
  basic: `${TERSE_MEDIA[description.form]} NIL NIL NIL "${description.isEncoded ? 'BASE64' : '7BIT'}"`,
  extension: NO_EXTENSION,
  multipart: description.multipart === null ? null : { subtype: '"MIXED"', extension: NO_EXTENSION },
})

/** BODY, or with `extended` BODYSTRUCTURE. */
export function bodyText(part: DescribedPart, extended: boolean): OctetString {
  const { description } = part
  if (part.kind === 'multipart' && description.multipart !== null) {
    const parts = part.parts.map((inner) => bodyText(inner, extended)).join('')
    const { subtype, extension } = description.multipart
    return extended ? `(${parts} ${subtype} ${extension})` : `(${parts} ${subtype})`
  }
  const text = `${description.basic} ${part.body.end - part.body.start}${specificText(part, extended)}`
  return extended ? `(${text} ${description.extension})` : `(${text})`
}

/** What body-type-msg and body-type-text have behind the size. */
function specificText(part: DescribedPart, extended: boolean): OctetString {
  const { form } = part.description
  if (form === 'other') return ''
  if (form !== 'message') return ` ${part.lines}`
  const inner = part.parts[0]
  // An encoded message, or one too deep: there is one, but what is in it is not known.
  if (inner === undefined)
    return ` ${EMPTY_ENVELOPE} (${EMPTY_BODY}${extended ? ` ${NO_EXTENSION}` : ''}) ${part.lines}`
  return ` ${inner.envelope} ${bodyText(inner, extended)} ${part.lines}`
}
