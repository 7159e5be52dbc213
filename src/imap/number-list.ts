/** An untagged response of any number of numbers, such as SEARCH: one line, written a piece at a time. */
import { turn } from './pace.js'
import type { Responses } from './responses.js'

/** Numbers that are written in one go: less than a millisecond. */
const SLICE = 1_000

/**
 * `items`: what there is to tell; `format` makes text of some of them, what stands between them included. Others get
 * their turn in between, and a client that reads slowly has no more waiting for it than its buffer.
 */
export async function tellPieces<T extends { readonly length: number; slice(start: number, end: number): T }>(
  out: Responses,
  name: string,
  items: T,
  format: (some: T) => string,
): Promise<void> {
  out.octets(`* ${name}`)
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await turn()
    if (out.full) await out.room()
    out.octets(format(items.slice(at, at + SLICE)))
  }
  out.end('\r\n')
}
