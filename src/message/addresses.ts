/** Address lists of header fields, as lenient as mail is (RFC 5322 §3.4, §4.4). */
import type { OctetString } from './index-types.js'
import { Lexer, octetSet, unfold } from './lexer.js'

const QUOTE = 34
const COMMA = 44
const DOT = 46
const COLON = 58
const SEMICOLON = 59
const LESS = 60
const EQUALS = 61
const GREATER = 62
const AT = 64
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93

const SPACES = ' \t\r\n'
const WORD_END = octetSet(`${SPACES}"(<@:,;`)
const MEMBER_END = octetSet(`${SPACES}"(<@,;`)
const LOCAL_END = octetSet(`${SPACES}"(<>@,;`)
const DOMAIN_END = octetSet(`${SPACES}()<>,;:"@[`)
const LITERAL_END = octetSet(']')
const ROUTE_END = octetSet(':<>;')
const ANGLE_END = octetSet('>,;')
const JUNK_END = octetSet('"(<,;')
const ENCODED_WORD = /=\?[^? \t\r\n]+\?[bBqQ]\?[^? \t\r\n]*\?=/y

/** What stands where a mailbox or a domain should: Dovecot says the same. NIL would mean a group (RFC 3501 §7.4.2). */
export const MISSING_MAILBOX = 'MISSING_MAILBOX'
export const MISSING_DOMAIN = 'MISSING_DOMAIN'

/** One address structure of ENVELOPE: a mailbox, or with `host` null the start or end of a group. */
export interface Address {
  readonly name: OctetString | null
  readonly route: OctetString | null
  readonly mailbox: OctetString | null
  readonly host: OctetString | null
}

const GROUP_END: Address = { name: null, route: null, mailbox: null, host: null }

interface Word {
  readonly text: OctetString
  /** White space or a comment stood before it. */
  readonly apart: boolean
}

/** The first `to` words as one text, with a space where there was white space. */
function phrase(words: readonly Word[], to = words.length): OctetString {
  let text = ''
  for (let i = 0; i < to; i++) {
    const word = words[i]
    if (word !== undefined) text += word.apart && i > 0 ? ` ${word.text}` : word.text
  }
  return text
}

/** Where the local part begins among the words before an `@`: white space ends it, unless a dot is there. */
const localStart = (words: readonly Word[]): number =>
  Math.max(
    0,
    words.findLastIndex(
      (word, i) => i > 0 && word.apart && !word.text.startsWith('.') && !words[i - 1]?.text.endsWith('.'),
    ),
  )

class AddressParser {
  readonly #lexer: Lexer
  readonly #out: Address[] = []
  #inGroup = false

  constructor(text: OctetString) {
    this.#lexer = new Lexer(text)
  }

  parse(limit: number): Address[] {
    while (!this.#lexer.done && this.#out.length < limit) this.#item()
    if (this.#inGroup) this.#out.push(GROUP_END)
    return this.#out
  }

  #item(): void {
    const lexer = this.#lexer
    lexer.comment = null
    lexer.skipSpace()
    if (lexer.done || lexer.eat(COMMA)) return
    const start = lexer.at
    const words = this.#words(this.#inGroup ? MEMBER_END : WORD_END)
    if (words.length === 0 && lexer.eat(SEMICOLON)) this.#endGroup()
    else if (lexer.eat(COLON)) this.#startGroup(words)
    else if (lexer.eat(LESS)) this.#angle(phrase(words))
    else if (lexer.eat(AT)) this.#bare(words, start)
    else this.#noDomain(words)
  }

  /** An address has been read. */
  #push(name: OctetString, route: OctetString | null, mailbox: OctetString, host: OctetString): void {
    this.#lexer.skipSpace()
    this.#skipJunk()
    this.#out.push({ name: name || null, route, mailbox, host })
  }

  /** What is in parentheses behind an address without angle brackets is its name (RFC 5322 §3.4, the note). */
  #nameBehind(): OctetString {
    this.#lexer.skipSpace()
    return this.#lexer.comment ?? ''
  }

  #startGroup(words: readonly Word[]): void {
    this.#inGroup = true
    this.#out.push({ ...GROUP_END, mailbox: phrase(words) })
  }

  #endGroup(): void {
    if (this.#inGroup) this.#out.push(GROUP_END)
    this.#inGroup = false
  }

  /** Words up to an octet of `stop`. */
  #words(stop: Uint8Array): Word[] {
    const lexer = this.#lexer
    const words: Word[] = []
    for (;;) {
      const apart = lexer.skipSpace()
      const octet = lexer.peek()
      let text: OctetString
      if (octet === QUOTE) text = lexer.quoted()
      else if (octet === EQUALS) text = this.#encodedWord() ?? lexer.until(stop)
      else text = lexer.until(stop)
      if (text === '' && octet !== QUOTE) return words
      words.push({ text, apart })
    }
  }

  /** RFC 2047 §2: taken as one, because broken mailers leave commas and the like in it. */
  #encodedWord(): OctetString | null {
    ENCODED_WORD.lastIndex = this.#lexer.at
    const found = ENCODED_WORD.exec(this.#lexer.text)
    if (found === null) return null
    this.#lexer.at += found[0].length
    return found[0]
  }

  /** addr-spec without angle brackets; its `@` is behind us. */
  #bare(words: readonly Word[], start: number): void {
    this.#lexer.comment = null
    const host = this.#domain()
    const comment = this.#nameBehind()
    this.#skipJunk()
    if (this.#lexer.peek() === LESS) {
      const name = unfold(this.#lexer.text.slice(start, this.#lexer.at))
      this.#lexer.at++
      this.#angle(name)
    } else {
      const split = localStart(words)
      this.#push(phrase(words, split) || comment, null, this.#local(words, split), host)
    }
  }

  #noDomain(words: readonly Word[]): void {
    const split = localStart(words)
    if (split > 0) this.#push(phrase(words), null, MISSING_MAILBOX, MISSING_DOMAIN)
    else this.#push(this.#nameBehind(), null, this.#local(words, 0), MISSING_DOMAIN)
  }

  /** The local part; `""` is one, of no octets (RFC 5322 §3.2.4). */
  #local(words: readonly Word[], from: number): OctetString {
    let text = ''
    for (let i = from; i < words.length; i++) text += words[i]?.text ?? ''
    return words.length > from ? text : MISSING_MAILBOX
  }

  /** Behind `<`. */
  #angle(name: OctetString): void {
    const lexer = this.#lexer
    lexer.skipSpace()
    while (lexer.eat(LESS)) lexer.skipSpace()
    const route = this.#route()
    const words = this.#words(LOCAL_END)
    const host = lexer.eat(AT) ? this.#domain() : MISSING_DOMAIN
    lexer.until(ANGLE_END)
    lexer.eat(GREATER)
    this.#push(name, route, this.#local(words, 0), host)
  }

  /** obs-route (RFC 5322 §4.4): `@a,@b:` in front of the address. */
  #route(): OctetString | null {
    const lexer = this.#lexer
    const start = lexer.at
    if (lexer.peek() !== AT) return null
    const route = lexer.until(ROUTE_END)
    if (lexer.eat(COLON)) return route.replace(/[ \t\r\n]+/g, '')
    lexer.at = start
    return null
  }

  /** Behind `@`. */
  #domain(): OctetString {
    const lexer = this.#lexer
    let domain = ''
    for (;;) {
      lexer.skipSpace()
      if (lexer.peek() === OPEN_BRACKET) domain += `${lexer.until(LITERAL_END)}${lexer.eat(CLOSE_BRACKET) ? ']' : ''}`
      else if (domain === '' || domain.endsWith('.') || lexer.peek() === DOT) {
        const label = lexer.until(DOMAIN_END)
        if (label === '') break
        domain += label
      } else break
    }
    return domain || MISSING_DOMAIN
  }

  /** Up to the comma, semicolon or `<` that tells how it goes on. */
  #skipJunk(): void {
    const lexer = this.#lexer
    for (;;) {
      lexer.until(JUNK_END)
      const octet = lexer.peek()
      if (octet === QUOTE) lexer.quoted()
      else if (!lexer.skipSpace()) return
    }
  }
}

/** The addresses of a field, at most about `limit`. Whatever it says, what can be shown of it is. */
export const parseAddresses = (value: OctetString, limit: number): Address[] => new AddressParser(value).parse(limit)
