/** ArrangeStore on SQLite: in the reader threads. */
import type { ArrangeStore } from '../arrange-store.js'
import { StoreError } from '../errors.js'
import type { ReaderPool } from './reader-pool.js'

export const arrangeStore = ({ readers }: { readonly readers: ReaderPool }): ArrangeStore => ({
  sort: async (messages, criteria) => possible(await readers.run({ kind: 'sort', messages, criteria })),
  thread: async (messages, algorithm) => possible(await readers.run({ kind: 'thread', messages, algorithm })),
})

function possible<T>(arranged: T | null): T {
  if (arranged === null) throw new StoreError('too-much-to-arrange', 'the keys of these messages take too much memory')
  return arranged
}
