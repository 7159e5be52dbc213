/** Message numbers as they were before any EXPUNGE of a group, so that responses can be compared in any order (RFC 3501 §7.4.1). Pure. */
import type { Match } from './imap-match.js'
import type { Written } from './imap-written.js'

export class Numbering {
  readonly #expunged: number[] = []

  /**
   * What `* number name` means in the numbering of the beginning: the message, or for EXISTS the count with those that
   * have gone. EXPUNGE shifts what comes behind it.
   */
  original(name: string, number: string): number | null {
    const n = Number(number)
    if (!Number.isSafeInteger(n)) return null
    if (name === 'EXISTS') return n + this.#expunged.length
    if (name !== 'EXPUNGE' && name !== 'FETCH') return n
    const first = this.#expunged.reduceRight((now, gone) => (now >= gone ? now + 1 : now), n)
    if (name === 'EXPUNGE') this.#expunged.push(n)
    return first
  }

  /**
   * The same for what is written.
   * @param expunges how many came: an EXPUNGE that may come counts when there are more than must come
   */
  static ofWritten(written: readonly Written[], expunges: number, match: Match): ReadonlyMap<Written, number> {
    const numbering = new Numbering()
    const numbers = new Map<Written, number>()
    let spare = expunges - written.filter((one) => one.must && isExpunge(one)).length
    for (const one of written) {
      if (one.response?.kind !== 'data' || one.response.number === null) continue
      if (isExpunge(one) && !one.must && spare-- <= 0) continue
      const number = match.filled(one.response.number)
      const original = number === null ? null : numbering.original(one.response.name, number)
      if (original !== null) numbers.set(one, original)
    }
    return numbers
  }
}

const isExpunge = ({ response }: Written): boolean => response?.kind === 'data' && response.name === 'EXPUNGE'
