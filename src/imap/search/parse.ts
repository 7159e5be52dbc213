/**
 * The grammar of search programs (RFC 3501 §9: search, search-key; RFC 5032 §3), one row for each key. Pure. SEARCH
 * reads `parseSearch`; SORT and THREAD, whose charset is not optional (RFC 5256 §5: search-criteria), read
 * `parseCharset` and then `parseKeys`. What comes out is evaluated by `searchView` of evaluate.ts.
 */
import { imapLimits } from '../../core/limits.js'
import type { DayRelation } from '../../message/date.js'
import { FLAG } from '../../store/changes.js'
import { no } from '../completion.js'
import { parseDay } from '../date-time.js'
import { Refused } from '../errors.js'
import type { Scanner } from '../scanner.js'
import type { SequenceSet } from '../sets.js'
import { type Charset, findCharset, UTF_8 } from './charset.js'
import type { SearchKey } from './program.js'

/** search = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key), from behind the name. */
export function parseSearch(s: Scanner): SearchKey {
  if (!s.skip(' CHARSET ')) return parseKeys(s, UTF_8)
  return parseKeys(s, parseCharset(s))
}

/** A charset by its name: astring. @throws Refused with BADCHARSET */
export function parseCharset(s: Scanner): Charset {
  const label = s.astring('the name of a charset').toString('latin1')
  return findCharset(label) ?? unknownCharset()
}

function unknownCharset(): never {
  throw new Refused(no('BADCHARSET (US-ASCII UTF-8)', 'This charset is not known'))
}

/** 1*(SP search-key), all of which must match. */
export function parseKeys(s: Scanner, charset: Charset): SearchKey {
  const reader = new KeyReader(s, charset)
  const keys: SearchKey[] = []
  do keys.push(reader.spKey())
  while (s.peek(' '))
  return joined('and', keys)
}

function joined(kind: 'and' | 'or', keys: readonly SearchKey[]): SearchKey {
  const [only] = keys
  return only !== undefined && keys.length === 1 ? only : { kind, keys }
}

/** What follows the name of a key. */
type Rest = (reader: KeyReader) => SearchKey

const plain =
  (key: SearchKey): Rest =>
  () =>
    key
const not = (key: SearchKey): SearchKey => ({ kind: 'not', key })
const flag = (name: keyof typeof FLAG): SearchKey => ({ kind: 'flag', bit: FLAG[name] })
const has = (name: keyof typeof FLAG): Rest => plain(flag(name))
const lacks = (name: keyof typeof FLAG): Rest => plain(not(flag(name)))
const recent: SearchKey = { kind: 'recent' }

const date =
  (is: DayRelation): Rest =>
  (reader) => ({ kind: 'date', is, day: reader.spDay() })

const sent =
  (is: DayRelation): Rest =>
  (reader) => ({ kind: 'inside', wanted: { where: 'date', is, day: reader.spDay() } })

const size =
  (is: 'larger' | 'smaller'): Rest =>
  (reader) => ({ kind: 'size', is, octets: reader.spNumber() })

const age =
  (is: 'older' | 'younger'): Rest =>
  (reader) => ({ kind: 'age', is, seconds: reader.spSeconds() })

const text =
  (where: 'body' | 'text'): Rest =>
  (reader) => ({ kind: 'inside', wanted: { where, value: reader.spText() } })

const field =
  (name: string): Rest =>
  (reader) => ({ kind: 'inside', wanted: { where: 'header', field: name, value: reader.spText() } })

/** search-key by name: all but sequence-set and parentheses. */
export const searchKeys: Readonly<Record<string, Rest>> = {
  ALL: plain({ kind: 'all' }),
  ANSWERED: has('answered'),
  BCC: field('Bcc'),
  BEFORE: date('before'),
  BODY: text('body'),
  CC: field('Cc'),
  DELETED: has('deleted'),
  DRAFT: has('draft'),
  FLAGGED: has('flagged'),
  FROM: field('From'),
  HEADER: (reader) => field(reader.spFieldName())(reader),
  KEYWORD: (reader) => ({ kind: 'keyword', keyword: reader.spKeyword() }),
  LARGER: size('larger'),
  NEW: plain({ kind: 'and', keys: [recent, not(flag('seen'))] }),
  NOT: (reader) => not(reader.spKey()),
  OLD: plain(not(recent)),
  OLDER: age('older'),
  ON: date('on'),
  OR: (reader) => reader.alternatives(),
  RECENT: plain(recent),
  SEEN: has('seen'),
  SENTBEFORE: sent('before'),
  SENTON: sent('on'),
  SENTSINCE: sent('since'),
  SINCE: date('since'),
  SMALLER: size('smaller'),
  SUBJECT: field('Subject'),
  TEXT: text('text'),
  TO: field('To'),
  UID: (reader) => ({ kind: 'uid', set: reader.spSet('a set of UIDs') }),
  UNANSWERED: lacks('answered'),
  UNDELETED: lacks('deleted'),
  UNDRAFT: lacks('draft'),
  UNFLAGGED: lacks('flagged'),
  UNKEYWORD: (reader) => not({ kind: 'keyword', keyword: reader.spKeyword() }),
  UNSEEN: lacks('seen'),
  YOUNGER: age('younger'),
}

const rows: ReadonlyMap<string, Rest> = new Map(Object.entries(searchKeys))

const NAME = new RegExp(`(?:${Object.keys(searchKeys).join('|')})(?=[ )]|$)`, 'iy')
const NUMBERS = /(?=[\d*])/y
const { searchKeys: mostKeys, searchTexts, searchTextOctets, searchDepth, searchRanges } = imapLimits

/** Reads keys, and sees to it that there are not too many of anything. `sp…` read a space first. */
class KeyReader {
  readonly #s: Scanner
  readonly #charset: Charset
  #keys = 0
  #texts = 0
  #ranges = 0
  #depth = 0

  constructor(s: Scanner, charset: Charset) {
    this.#s = s
    this.#charset = charset
  }

  spKey(): SearchKey {
    this.#s.sp()
    return this.#deeper(() => this.#key())
  }

  /** "OR" SP search-key SP search-key. Clients join many by OR a OR b OR c d, which is one level for us. */
  alternatives(): SearchKey {
    const keys = [this.spKey()]
    while (this.#s.peek(' OR ')) {
      this.#s.lit(' OR')
      this.#count()
      keys.push(this.spKey())
    }
    return { kind: 'or', keys: [...keys, this.spKey()] }
  }

  spSet(what: string): SequenceSet {
    this.#s.sp()
    return this.#set(what)
  }

  /** date = date-text / DQUOTE date-text DQUOTE, as a day: see parseDay. */
  spDay(): number {
    return parseDay(this.#s.sp())
  }

  spNumber(): number {
    return this.#s.sp().number('a number of octets')
  }

  spSeconds(): number {
    return this.#s.sp().nonZero('a number of seconds that is not zero')
  }

  /** flag-keyword */
  spKeyword(): string {
    const word = this.#s.sp().atom('a keyword')
    return word.length <= imapLimits.keyword ? word : this.#s.fail(`a keyword of at most ${imapLimits.keyword} octets`)
  }

  /** header-fld-name = astring. No field has a name that is not US-ASCII. */
  spFieldName(): string {
    return this.#s.sp().astring('the name of a header field').toString('latin1')
  }

  /** An astring in the charset of the search. */
  spText(): string {
    if (++this.#texts > searchTexts) this.#s.fail(`no more than ${searchTexts} texts to look for`)
    const octets = this.#s.sp().astring('a text to look for')
    if (octets.length > searchTextOctets) this.#s.fail(`a text of at most ${searchTextOctets} octets`)
    return this.#charset.decode(octets) ?? this.#s.fail(`a text in ${this.#charset.name}`)
  }

  #key(): SearchKey {
    this.#count()
    if (this.#s.match(NUMBERS) !== null) return { kind: 'sequence', set: this.#set('a set of message numbers') }
    if (this.#s.skip('(')) return this.#rest()
    const rest = rows.get(this.#s.match(NAME)?.[0].toUpperCase() ?? '')
    return rest === undefined ? this.#s.fail('a search key') : rest(this)
  }

  /** search-key *(SP search-key) ")" */
  #rest(): SearchKey {
    const keys = [this.#deeper(() => this.#key())]
    while (this.#s.peek(' ')) keys.push(this.spKey())
    this.#s.lit(')')
    return joined('and', keys)
  }

  #set(what: string): SequenceSet {
    const set = this.#s.sequenceSet(what)
    this.#ranges += set.length
    return this.#ranges <= searchRanges ? set : this.#s.fail(`no more than ${searchRanges} numbers and ranges`)
  }

  #count(): void {
    if (++this.#keys > mostKeys) this.#s.fail(`no more than ${mostKeys} search keys`)
  }

  #deeper(read: () => SearchKey): SearchKey {
    if (++this.#depth > searchDepth) this.#s.fail(`no more than ${searchDepth} search keys inside each other`)
    const key = read()
    this.#depth--
    return key
  }
}
