/**
 * The tree of THREAD as a list of numbers, so that it can cross from one thread to another and be written piece by
 * piece: positions of messages from 0, and the parentheses of thread-list (RFC 5256 §5).
 */

export const OPEN = -1
export const CLOSE = -2

/** Of a message that has no parent. */
export const NO_PARENT = -1

export interface ThreadForest {
  /** Messages have the numbers below this; dummies those from it on, and no parents. */
  readonly messages: number
  /** The parent of each message, or NO_PARENT. No message is above itself. */
  readonly above: Int32Array
  /** How many dummies there are. */
  readonly dummies: number
  /** All messages by sent date, which is how siblings are sorted; a dummy counts as its first child. */
  readonly order: Uint32Array
}

/** Children in one array: those of `i` from `starts[i]` to `starts[i + 1]`. */
interface Children {
  readonly roots: number[]
  readonly starts: Int32Array
  readonly children: Int32Array
}

/**
 * Puts everybody under their parents in the order in which they come, so that every set of siblings is sorted.
 * A dummy comes when its first child does. Dummies without children are none.
 */
function gather({ messages, above, dummies, order }: ThreadForest): Children {
  const starts = new Int32Array(messages + dummies + 1)
  for (const parent of above) if (parent !== NO_PARENT) starts[parent + 1] = (starts[parent + 1] ?? 0) + 1
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
  const roots: number[] = []
  const next = starts.slice()
  const children = new Int32Array(messages)
  for (const message of order) {
    const parent = above[message] ?? NO_PARENT
    if (parent === NO_PARENT) roots.push(message)
    else {
      const at = next[parent] ?? 0
      if (parent >= messages && at === starts[parent]) roots.push(parent)
      children[at] = message
      next[parent] = at + 1
    }
  }
  return { roots, starts, children }
}

/** What there is to tell in THREAD, without recursion: threads may be as deep as there are messages. */
export function threadList(forest: ThreadForest): Int32Array {
  const { messages, dummies } = forest
  const { roots, starts, children } = gather(forest)
  const list = new Int32Array(3 * messages + 2 * dummies)
  let length = 0
  const todo = roots.reverse()
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    list[length++] = next === CLOSE ? CLOSE : OPEN
    if (next === CLOSE) continue
    let [start, end] = [0, 0]
    // Parent, child, grandchild … as long as there is only one.
    for (let member = next; ; member = children[start] ?? 0) {
      if (member < messages) list[length++] = member
      start = starts[member] ?? 0
      end = starts[member + 1] ?? 0
      if (end - start !== 1) break
    }
    todo.push(CLOSE)
    for (let i = end - 1; i >= start; i--) todo.push(children[i] ?? 0)
  }
  return list.slice(0, length)
}
