/** SORT (RFC 5256 §3): from what messages are sorted by to the order they come in. */

export type SortKey = 'ARRIVAL' | 'CC' | 'DATE' | 'FROM' | 'SIZE' | 'SUBJECT' | 'TO'

export interface SortCriterion {
  readonly key: SortKey
  readonly reverse: boolean
}

/** One number for each message; the smaller comes first, unless it is `reverse`. */
export interface SortColumn {
  readonly values: ArrayLike<number>
  readonly reverse: boolean
}

/** More than may be in memory at once. */
export class TooMuchToArrange extends Error {
  constructor(what: string) {
    super(`more than ${what}`)
    this.name = 'TooMuchToArrange'
  }
}

/**
 * Positions from 0 in their order: by the first column, then by the second and so on, and where all are equal as
 * they stand in the mailbox, REVERSE or not (RFC 5256 §3).
 */
export function sortedPositions(count: number, columns: readonly SortColumn[]): Uint32Array<ArrayBuffer> {
  const signed = columns.map(({ values, reverse }) => ({ values, sign: reverse ? -1 : 1 }))
  return Uint32Array.from({ length: count }, (_, at) => at).sort((a, b) => {
    for (const { values, sign } of signed) {
      const difference = Number(values[a]) - Number(values[b])
      if (difference !== 0) return sign * difference
    }
    return a - b
  })
}

const HAS_SURROGATES = /[\ud800-\udfff]/

/** UTF-16 puts surrogates before U+E000 to U+FFFF; UTF-8 has what they stand for behind. */
const weight = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)

/** Compares as the octets of the texts in UTF-8 do (RFC 5051 §2, RFC 4790 §9.3). */
export function compareOctets(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let at = 0
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at === end ? a.length - b.length : weight(a.charCodeAt(at)) - weight(b.charCodeAt(at))
}

const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Texts as numbers: each different text is kept once, whatever the number of messages that have it. */
export class TextColumn {
  readonly #ids = new Map<string, number>()
  readonly #limit: number
  #characters = 0

  /** `limit`: characters of all different texts. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many different texts there are. */
  get size(): number {
    return this.#ids.size
  }

  /** The number of a text, from 0 in the order of their first coming. @throws TooMuchToArrange */
  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#characters += text.length
    if (this.#characters > this.#limit) throw new TooMuchToArrange(`${this.#limit} characters of different texts`)
    const id = this.#ids.size
    this.#ids.set(text, id)
    return id
  }

  /** The place of each text, by its id, among all texts: those of i;unicode-casemap sort as their octets do. */
  ranks(): Uint32Array {
    const texts = [...this.#ids.keys()]
    const compare = texts.some((text) => HAS_SURROGATES.test(text)) ? compareOctets : compareUnits
    const ranks = new Uint32Array(texts.length)
    for (const [rank, text] of texts.sort(compare).entries()) ranks[this.#ids.get(text) ?? 0] = rank
    return ranks
  }
}
