/** What SEARCH, SORT and THREAD look for, as a tree: RFC 3501 §6.4.4 with RFC 5032. */
import type { DayRelation } from '../../message/date.js'
import type { SearchDate, SearchText } from '../../store/search-store.js'
import type { SequenceSet } from '../sets.js'

interface Numbered<K> {
  readonly kind: K
  readonly set: SequenceSet
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
  /** By INTERNALDATE, in days since 1970-01-01 as a calendar has them where the message was dated. */
  | { readonly kind: 'date'; readonly is: DayRelation; readonly day: number }
  | { readonly kind: 'size'; readonly is: 'larger' | 'smaller'; readonly octets: number }
  /** RFC 5032: by how long ago INTERNALDATE is. */
  | { readonly kind: 'age'; readonly is: 'older' | 'younger'; readonly seconds: number }
  /** Found out by reading messages. */
  | { readonly kind: 'inside'; readonly wanted: SearchText | SearchDate }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | Joined<'and'>
  | Joined<'or'>
