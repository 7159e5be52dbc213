/** Listings that come in pages, so that no answer of the server is large. */
import { queueLimits } from '../core/limits.js'

interface Page<T, C> {
  readonly items: readonly T[]
  readonly next: C | null
}

/** All, or the first `most`. `fetch` gives a page of at most `limit` behind the cursor. */
export async function allPages<T, C>(
  most: number | undefined,
  fetch: (limit: number, after: C | undefined) => Promise<Page<T, C>>,
): Promise<T[]> {
  const found: T[] = []
  let after: C | undefined
  for (;;) {
    const limit = Math.min(queueLimits.queuePage, (most ?? Number.POSITIVE_INFINITY) - found.length)
    const { items, next } = await fetch(limit, after)
    found.push(...items)
    if (next === null || found.length >= (most ?? Number.POSITIVE_INFINITY)) return found
    after = next
  }
}
