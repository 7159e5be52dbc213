/** What SEARCH, SORT and THREAD look for, as a tree: RFC 3501 §6.4.4 with RFC 5032. */
import type { SearchText } from '../../store/search-store.js'
import type { SequenceSet } from '../sets.js'

export type DateRelation = 'before' | 'on' | 'since'

interface Numbered<K> {
  readonly kind: K
  readonly set: SequenceSet
}

interface Dated<K> {
  readonly kind: K
  readonly is: DateRelation
  readonly day: number
}

interface Joined<K> {
  readonly kind: K
  readonly keys: readonly SearchKey[]
}

/**
 * One search key, and with `and`, `or` and `not` a whole program. Keys that say the same are one kind: UNSEEN
 * is `not` of a flag, NEW is `and` of \Recent and that.
 */
export type SearchKey =
  | { readonly kind: 'all' }
  /** Has the system flag: a value of FLAG. */
  | { readonly kind: 'flag'; readonly bit: number }
  | { readonly kind: 'keyword'; readonly keyword: string }
  | { readonly kind: 'recent' }
  /** Numbers beyond the largest are nobody's, and match nothing. */
  | Numbered<'sequence'>
  | Numbered<'uid'>
  /** Days since 1970-01-01 as a calendar has them, in whatever zone the message was dated. */
  | Dated<'internal-date'>
  | Dated<'sent-date'>
  | { readonly kind: 'size'; readonly is: 'larger' | 'smaller'; readonly octets: number }
  /** RFC 5032: by how long ago INTERNALDATE is. */
  | { readonly kind: 'age'; readonly is: 'older' | 'younger'; readonly seconds: number }
  | { readonly kind: 'text'; readonly text: SearchText }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | Joined<'and'>
  | Joined<'or'>
