/**
 * What a reader sees of HTML, for searching: no tags, no scripts, no styles, character references decoded, white
 * space as one space. It works on pieces cut anywhere and holds no more than the name of a tag.
 */
import { decodeReferences, LONGEST_REFERENCE } from './html-entities.js'

/** Elements that do not part the words on their two sides; all others do. */
const INLINE: ReadonlySet<string> = new Set(
  'a abbr acronym b bdi bdo big code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
)
/** Elements whose content is not shown. */
const HIDDEN: ReadonlySet<string> = new Set(['script', 'style'])
/** Characters of an element's name; none of HTML has more than 10. */
const LONGEST_NAME = 20

/** A tag from its beginning to the end of its name. */
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9:-]{0,19})/y
const REFERENCE_BEGINS = new RegExp(`&[#a-zA-Z0-9]{0,${LONGEST_REFERENCE - 2}}$`)

export class HtmlText {
  #state: 'text' | 'tag' | 'comment' | 'hidden' = 'text'
  /** What came and cannot be told yet: "<b", "&am", "--". */
  #rest = ''
  /** The element whose content is passed over. */
  #hidden = ''
  /** Within a tag: the quote that is open, and what came before. */
  #quote = ''
  #before = ''
  /** White space came last. */
  #blank = true
  #ended = false

  push(html: string): string {
    const input = this.#rest + html
    this.#rest = ''
    let text = ''
    for (let at = 0; at < input.length; ) {
      const [piece, next] = this.#step(input, at)
      text += piece
      at = next
    }
    return text
  }

  /** What was held back when the document ends. */
  end(): string {
    this.#ended = true
    return this.push('')
  }

  /** @returns text, and where to go on */
  #step(input: string, at: number): readonly [string, number] {
    switch (this.#state) {
      case 'text':
        return input[at] === '<' ? this.#markup(input, at) : this.#plain(input, at)
      case 'tag':
        return ['', this.#tag(input, at)]
      case 'comment':
        return ['', this.#until(input, at, '-->')]
      case 'hidden':
        return ['', this.#until(input, at, `</${this.#hidden}`)]
    }
  }

  #hold(input: string, at: number): number {
    this.#rest = input.slice(at)
    return input.length
  }

  #plain(input: string, at: number): readonly [string, number] {
    const found = input.indexOf('<', at)
    const end = found === -1 ? input.length : found
    const text = input.slice(at, end)
    const open = found === -1 && !this.#ended ? text.search(REFERENCE_BEGINS) : -1
    if (open === -1) return [this.#collapsed(decodeReferences(text)), end]
    return [this.#collapsed(decodeReferences(text.slice(0, open))), this.#hold(input, at + open)]
  }

  #collapsed(text: string): string {
    const one = text.replace(/[ \t\r\n\f]+/g, ' ')
    const shown = this.#blank && one.startsWith(' ') ? one.slice(1) : one
    if (shown !== '') this.#blank = shown.endsWith(' ')
    return shown
  }

  /** `<` is at `at`. */
  #markup(input: string, at: number): readonly [string, number] {
    const known = input.length - at
    if (known < 4 && !this.#ended && '<!--'.startsWith(input.slice(at))) return ['', this.#hold(input, at)]
    if (input.startsWith('<!--', at)) {
      this.#state = 'comment'
      return ['', at + 4]
    }
    if (input[at + 1] === '!' || input[at + 1] === '?') return ['', this.#enterTag(at + 2)]
    TAG.lastIndex = at
    const match = TAG.exec(input)
    if (match === null) {
      if (input.slice(at) === '</' && !this.#ended) return ['', this.#hold(input, at)]
      return [this.#collapsed('<'), at + 1]
    }
    const end = at + match[0].length
    if (end === input.length && (match[2] ?? '').length < LONGEST_NAME && !this.#ended)
      return ['', this.#hold(input, at)]
    return this.#named((match[2] ?? '').toLowerCase(), match[1] === '/', end)
  }

  #named(name: string, closes: boolean, end: number): readonly [string, number] {
    if (!closes && HIDDEN.has(name)) this.#hidden = name
    const next = this.#enterTag(end)
    return INLINE.has(name) ? ['', next] : [this.#collapsed(' '), next]
  }

  #enterTag(at: number): number {
    this.#state = 'tag'
    this.#quote = ''
    this.#before = ''
    return at
  }

  /** To the end of the tag. A quote counts only behind `=`: others are typing errors. */
  #tag(input: string, at: number): number {
    for (; at < input.length; at++) {
      const c = input[at] ?? ''
      if (this.#quote !== '') {
        if (c === this.#quote) this.#quote = ''
      } else if (c === '>') return this.#leaveTag(at + 1)
      else if ((c === '"' || c === "'") && this.#before === '=') this.#quote = c
      if (!/[ \t\r\n\f]/.test(c)) this.#before = c
    }
    return at
  }

  #leaveTag(at: number): number {
    this.#state = this.#hidden === '' ? 'text' : 'hidden'
    return at
  }

  /** Behind `mark`, or to the end of the input, holding back what may be the beginning of it. */
  #until(input: string, at: number, mark: string): number {
    const found = input.toLowerCase().indexOf(mark, at)
    if (found === -1)
      return this.#ended ? input.length : this.#hold(input, Math.max(at, input.length - mark.length + 1))
    if (this.#state === 'comment') this.#state = 'text'
    else {
      this.#hidden = ''
      this.#enterTag(0)
    }
    return found + mark.length
  }
}
