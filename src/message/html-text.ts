/**
 * What a reader sees of HTML, for searching: no tags, no scripts, no styles, character references decoded, white
 * space as one space. htmlparser2's tokenizer reads it, in pieces cut anywhere; here is what tags mean to the text.
 */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2'

/** Elements that do not part the words on their two sides; all others do. */
const INLINE: ReadonlySet<string> = new Set(
  'a abbr acronym b bdi bdo big code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
)
/** Elements whose content is not shown. */
const HIDDEN: ReadonlySet<string> = new Set(['script', 'style'])

/** Characters that the tokenizer gets at a time. */
const SLICE = 4096
/** Characters kept for what it tells of later: a slice, and a name or a reference that began in it. No longer one is text. */
const KEPT = 2 * SLICE

const ignored = (): void => undefined

export class HtmlText {
  readonly #tokenizer = new Tokenizer({ decodeEntities: true }, this.#callbacks())
  /** What the tokenizer has got last, and how much it had got before that. */
  #recent = ''
  #before = 0
  /** The element whose content is passed over. */
  #hidden = ''
  #text = ''
  /** White space came last. */
  #blank = true

  push(html: string): string {
    for (let at = 0; at < html.length; at += SLICE) this.#write(html.slice(at, at + SLICE))
    return this.#take()
  }

  /** What was held back when the document ends. */
  end(): string {
    this.#tokenizer.end()
    return this.#take()
  }

  #write(slice: string): void {
    const kept = this.#recent.slice(-KEPT)
    this.#before += this.#recent.length - kept.length
    this.#recent = kept + slice
    this.#tokenizer.write(slice)
  }

  #take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  #between(start: number, end: number): string {
    return this.#recent.slice(Math.max(0, start - this.#before), Math.max(0, end - this.#before))
  }

  #callbacks(): TokenizerCallbacks {
    return {
      ontext: (start, end) => this.#show(this.#between(start, end)),
      ontextentity: (codePoint) => this.#show(String.fromCodePoint(codePoint)),
      onopentagname: (start, end) => this.#open(this.#between(start, end).toLowerCase()),
      onclosetag: (start, end) => this.#close(this.#between(start, end).toLowerCase()),
      onselfclosingtag: () => {
        this.#hidden = ''
      },
      onopentagend: ignored,
      onattribdata: ignored,
      onattribend: ignored,
      onattribentity: ignored,
      onattribname: ignored,
      oncdata: ignored,
      oncomment: ignored,
      ondeclaration: ignored,
      onend: ignored,
      onprocessinginstruction: ignored,
    }
  }

  #open(name: string): void {
    this.#part(name)
    if (HIDDEN.has(name)) this.#hidden = name
  }

  #close(name: string): void {
    this.#hidden = ''
    this.#part(name)
  }

  #part(name: string): void {
    if (!INLINE.has(name)) this.#show(' ')
  }

  #show(text: string): void {
    if (this.#hidden !== '') return
    const one = text.replace(/[ \t\r\n\f]+/g, ' ')
    const shown = this.#blank && one.startsWith(' ') ? one.slice(1) : one
    if (shown !== '') this.#blank = shown.endsWith(' ')
    this.#text += shown
  }
}
