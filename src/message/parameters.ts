/** Content-Type and Content-Disposition: type, subtype and parameters (RFC 2045 §5.1, RFC 2183 §2, RFC 2231). */
import type { OctetString } from './index-types.js'
import { Lexer, octetSet, unfold } from './lexer.js'

const QUOTE = 34
const SLASH = 47
const SEMICOLON = 59
const EQUALS = 61

/** White space, controls, 8-bit octets and tspecials (RFC 2045 §5.1): what a token cannot hold. */
const TOKEN_END = octetSet('()<>@,;:\\"/[]?=')
TOKEN_END.fill(1, 0, 33).fill(1, 127)
const VALUE_END = octetSet(' \t\r\n(;"')
const SEMICOLONS = octetSet(';')
/** RFC 6838 §4.2: a type or subtype name has at most 127 octets. */
const LONGEST_NAME = 127

export interface Parameter {
  /** As it is written, with the marks of RFC 2231. */
  readonly name: OctetString
  /** Without quotes, comments and folds; else as it is written. */
  readonly value: OctetString
}

export interface MediaType {
  readonly type: OctetString
  readonly subtype: OctetString
  readonly parameters: readonly Parameter[]
}

export interface Disposition {
  readonly type: OctetString
  readonly parameters: readonly Parameter[]
}

function token(lexer: Lexer): OctetString | null {
  lexer.skipSpace()
  const text = lexer.until(TOKEN_END)
  return text === '' || text.length > LONGEST_NAME ? null : text
}

/** Whether `name=` is next, as where a semicolon was left out. */
function isAtParameter(lexer: Lexer): boolean {
  const start = lexer.at
  const name = lexer.until(TOKEN_END)
  lexer.skipSpace()
  const found = name !== '' && lexer.peek() === EQUALS
  lexer.at = start
  return found
}

/** A token; where more than a token stands there (`name=my file.txt`), all of it up to the semicolon. */
function parameterValue(lexer: Lexer): OctetString {
  lexer.skipSpace()
  if (lexer.peek() === QUOTE) return lexer.quoted()
  const start = lexer.at
  const value = lexer.until(VALUE_END)
  lexer.skipSpace()
  if (lexer.done || lexer.peek() === SEMICOLON || isAtParameter(lexer)) return value
  lexer.until(SEMICOLONS)
  return unfold(lexer.text.slice(start, lexer.at))
}

/** Behind the type: `;`, name, `=`, value and so on. What is no parameter is passed over. */
function parseParameters(lexer: Lexer, limit: number): Parameter[] {
  const parameters: Parameter[] = []
  lexer.until(SEMICOLONS)
  while (!lexer.done && parameters.length < limit) {
    lexer.skipSpace()
    const name = lexer.until(TOKEN_END)
    lexer.skipSpace()
    if (name !== '' && lexer.eat(EQUALS)) parameters.push({ name, value: parameterValue(lexer) })
    else if (!lexer.eat(SEMICOLON)) lexer.until(SEMICOLONS)
  }
  return parameters
}

/** null for what is no media type: the caller then takes the default (RFC 2045 §5.2). */
export function parseMediaType(value: OctetString, limit: number): MediaType | null {
  const lexer = new Lexer(value)
  const type = token(lexer)
  lexer.skipSpace()
  if (type === null || !lexer.eat(SLASH)) return null
  const subtype = token(lexer)
  return subtype === null ? null : { type, subtype, parameters: parseParameters(lexer, limit) }
}

/** null for what has no type. */
export function parseDisposition(value: OctetString, limit: number): Disposition | null {
  const lexer = new Lexer(value)
  const type = token(lexer)
  return type === null ? null : { type, parameters: parseParameters(lexer, limit) }
}

/** The first token, as in Content-Transfer-Encoding; null if there is none. */
export const parseToken = (value: OctetString): OctetString | null => token(new Lexer(value))

const decodePercent = (text: OctetString): OctetString =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/**
 * The value of one parameter, its RFC 2231 pieces put together and decoded to octets of its charset; null
 * when it is not there. `name` in lower case.
 */
export function parameterOf(parameters: readonly Parameter[], name: string): OctetString | null {
  const found = new Map<string, OctetString>()
  for (const parameter of parameters) {
    const key = parameter.name.toLowerCase()
    if (key === name) return parameter.value
    if (key.startsWith(`${name}*`) && !found.has(key)) found.set(key, parameter.value)
  }
  const whole = found.get(`${name}*`)
  if (whole !== undefined) return decodePercent(whole.replace(/^[^']*'[^']*'/, ''))
  return found.size === 0 ? null : joinPieces(found, name)
}

function joinPieces(found: ReadonlyMap<string, OctetString>, name: string): OctetString | null {
  let value: OctetString | null = null
  for (let i = 0; ; i++) {
    const raw = found.get(`${name}*${i}`)
    const encoded = found.get(`${name}*${i}*`)
    const piece = encoded === undefined ? raw : decodePercent(i === 0 ? encoded.replace(/^[^']*'[^']*'/, '') : encoded)
    if (piece === undefined) return value
    value = (value ?? '') + piece
  }
}
