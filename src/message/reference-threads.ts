/**
 * THREAD=REFERENCES, steps 2 to 6 (RFC 5256 §3). Parents are numbers in arrays, and all siblings are sorted by
 * sorting all messages once, so that nothing here goes down a tree.
 */
import type { Links } from './reference-links.js'
import { sortedPositions } from './sort-order.js'
import type { SubjectColumns } from './subject-threads.js'
import { NO_PARENT, threadList } from './thread-list.js'

export interface ThreadColumns extends SubjectColumns {
  /** The id in `subjects` of the base subject that is empty, or -1. */
  readonly emptySubject: number
  /** 1 for a reply or a forward. */
  readonly replies: ArrayLike<number>
}

/** @returns see thread-list.ts */
export function referenceThreads(links: Links, columns: ThreadColumns): Int32Array {
  const order = sortedPositions(columns.subjects.length, [{ values: columns.dates, reverse: false }])
  const { above, dummies } = pruned(links)
  const threads = new Threads(above, dummies, columns)
  threads.merge(rootsOf(above, order), order)
  return threadList({ messages: above.length, above, dummies: threads.dummies, order })
}

/** Messages, and dummies behind them, with the parents of the messages: above a dummy there is nobody. */
interface Pruned {
  readonly above: Int32Array
  readonly dummies: number
}

/**
 * Steps 2 and 3: a dummy goes, and its children take its place; only one that has no parent and several children
 * stays, because nothing else holds these together.
 */
function pruned({ nodes, parents }: Links): Pruned {
  const messageAt = new Int32Array(parents.length).fill(NO_PARENT)
  for (const [message, node] of nodes.entries()) messageAt[node] = message
  const holders = holdersOf(parents, messageAt)
  const children = new Int32Array(parents.length)
  for (const node of nodes) count(children, holders[parents[node] ?? 0] ?? 0)
  const dummyAt = new Map<number, number>()
  const above = Int32Array.from(nodes, (node) => {
    const holder = holders[parents[node] ?? 0] ?? 0
    if (holder === 0) return NO_PARENT
    const message = messageAt[holder] ?? NO_PARENT
    if (message !== NO_PARENT) return message
    if (children[holder] === 1) return NO_PARENT
    const known = dummyAt.get(holder) ?? nodes.length + dummyAt.size
    dummyAt.set(holder, known)
    return known
  })
  return { above, dummies: dummyAt.size }
}

const count = (counts: Int32Array, at: number): void => {
  counts[at] = (counts[at] ?? 0) + 1
}

/**
 * Under whom the children of each node come: under itself if it is a message, else under the next message above it,
 * else under the topmost dummy.
 */
function holdersOf(parents: readonly number[], messageAt: Int32Array): Int32Array {
  const holders = new Int32Array(parents.length)
  const path: number[] = []
  for (let node = 1; node < parents.length; node++) {
    let at = node
    for (; holders[at] === 0 && messageAt[at] === NO_PARENT && parents[at] !== 0; at = parents[at] ?? 0) path.push(at)
    const holder = holders[at] || at
    path.push(at)
    for (const below of path.splice(0)) holders[below] = holder
  }
  return holders
}

/** Step 4: the messages and dummies without parents, by sent date; a dummy comes where its first child does. */
function rootsOf(above: Int32Array, order: Uint32Array): readonly number[] {
  const roots = new Set<number>()
  for (const message of order) {
    const parent = above[message] ?? NO_PARENT
    if (parent === NO_PARENT) roots.add(message)
    else if (parent >= above.length) roots.add(parent)
  }
  return [...roots]
}

/** Step 5: threads with the same subject become one. */
class Threads {
  dummies: number
  readonly #above: Int32Array
  readonly #messages: number
  readonly #columns: ThreadColumns
  /** The message or dummy that stands for each subject. */
  readonly #table = new Map<number, number>()
  /** The first child of each dummy. */
  readonly #firsts = new Map<number, number>()
  /** Dummies that went, and the ones that have their children now. */
  readonly #merged = new Map<number, number>()

  constructor(above: Int32Array, dummies: number, columns: ThreadColumns) {
    this.#above = above
    this.#messages = above.length
    this.dummies = dummies
    this.#columns = columns
  }

  merge(roots: readonly number[], order: Uint32Array): void {
    for (const message of order) {
      const parent = this.#above[message] ?? NO_PARENT
      if (this.#isDummy(parent) && !this.#firsts.has(parent)) this.#firsts.set(parent, message)
    }
    for (const root of roots) this.#enter(root)
    for (const root of roots) this.#join(root)
    for (const [message, parent] of this.#above.entries()) this.#above[message] = this.#merged.get(parent) ?? parent
  }

  #isDummy(one: number): boolean {
    return one >= this.#messages
  }

  #isReply(one: number): boolean {
    return this.#columns.replies[one] === 1
  }

  /** null when it is empty. */
  #subject(root: number): number | null {
    const subject = Number(this.#columns.subjects[this.#firsts.get(root) ?? root])
    return subject === this.#columns.emptySubject ? null : subject
  }

  /** Step B: a dummy stands for its subject before a message, and that before a reply. */
  #enter(root: number): void {
    const subject = this.#subject(root)
    if (subject === null) return
    const known = this.#table.get(subject)
    const isBetter =
      known === undefined ||
      (!this.#isDummy(known) && (this.#isDummy(root) || (this.#isReply(known) && !this.#isReply(root))))
    if (isBetter) this.#table.set(subject, root)
  }

  /** Step C */
  #join(root: number): void {
    const subject = this.#subject(root)
    const known = subject === null ? undefined : this.#table.get(subject)
    if (subject === null || known === undefined || known === root) return
    if (this.#isDummy(root)) this.#merged.set(root, known)
    else if (this.#isDummy(known) || (this.#isReply(root) && !this.#isReply(known))) this.#above[root] = known
    else {
      const dummy = this.#messages + this.dummies++
      this.#above[root] = dummy
      this.#above[known] = dummy
      this.#table.set(subject, dummy)
    }
  }
}
