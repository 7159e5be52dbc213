/**
 * When two texts are the same for SEARCH: by i;unicode-casemap (RFC 5051), which I18NLEVEL=1 asks for (RFC 5255 §4),
 * and NUL is a space. The index is folded further, in a way that all that is the same for SEARCH is the same there:
 * it says which messages may hold a text.
 */
import { casemapKey } from './casemap.js'

const withoutNul = (text: string): string => text.replaceAll('\0', ' ')

/** Texts are the same for SEARCH where this is. */
export const collated = (text: string): string => casemapKey(withoutNul(text))

/**
 * For the index: what is compatible is equal, and so is what becomes equal in capitals. Capitals, because small letters depend on their neighbours (final sigma). Character by character but for
 * marks, which sort behind the letter they stand on.
 */
export const foldCase = (text: string): string => withoutNul(text).normalize('NFKD').toUpperCase()

/** Marks behind one letter that are kept together; more are no script, and are cut anywhere. */
const LONGEST_CLUSTER = 64

const isMark = (text: string, at: number): boolean => /^[\p{M}\u{DC00}-\u{DFFF}]/u.test(text.slice(at, at + 1))

/** Where `text` may be cut so that both parts fold as the whole does: before its last letter. */
function safeCut(text: string): number {
  let at = text.length - 1
  while (at > 0 && text.length - at < LONGEST_CLUSTER && isMark(text, at)) at--
  return Math.max(at, 0)
}

/** Folds a text that comes in pieces. */
export class CaseFolder {
  readonly #fold: (text: string) => string
  #rest = ''

  constructor(fold: (text: string) => string = foldCase) {
    this.#fold = fold
  }

  push(text: string): string {
    const all = this.#rest + text
    const cut = safeCut(all)
    this.#rest = all.slice(cut)
    return this.#fold(all.slice(0, cut))
  }

  end(): string {
    const rest = this.#rest
    this.#rest = ''
    return this.#fold(rest)
  }
}

/** Looks for a text in others that come in pieces, by `collated` (RFC 3501 §6.4.4: substring). */
export class SubstringFinder {
  readonly #needle: string
  readonly #folder = new CaseFolder(collated)
  /** The end of what was seen: the needle may begin in it. */
  #tail = ''

  constructor(needle: string) {
    this.#needle = collated(needle)
  }

  /** Whether it is found, now that `text` came. */
  push(text: string): boolean {
    return this.#look(this.#folder.push(text))
  }

  /** The text is over: whether it is found in the end of it. Then another text may begin. */
  end(): boolean {
    const found = this.#look(this.#folder.end())
    this.#tail = ''
    return found
  }

  #look(folded: string): boolean {
    const all = this.#tail + folded
    if (all.includes(this.#needle)) return true
    this.#tail = this.#needle.length === 1 ? '' : all.slice(1 - this.#needle.length)
    return false
  }
}
