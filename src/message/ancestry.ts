/**
 * Who is above whom, in trees that are put together and taken apart all the time: asking, linking and cutting take
 * a logarithmic time however deep a tree is, so that no header can make threading slow. These are the link-cut
 * trees of Sleator and Tarjan ("A data structure for dynamic trees", 1983): each tree is cut into paths, and each
 * path is a splay tree by depth. Nodes are numbers from 1; 0 is none.
 */

export class Ancestry {
  /** The parent in the splay tree; of its root, the node that the path hangs under. */
  #up: Int32Array
  /** Nodes above, and below, on the same path. */
  #left: Int32Array
  #right: Int32Array

  constructor(capacity = 1024) {
    this.#up = new Int32Array(capacity)
    this.#left = new Int32Array(capacity)
    this.#right = new Int32Array(capacity)
  }

  /** Makes room for a node; until it is linked it stands alone. */
  add(node: number): void {
    if (node < this.#up.length) return
    this.#up = larger(this.#up, node)
    this.#left = larger(this.#left, node)
    this.#right = larger(this.#right, node)
  }

  /** The topmost node of its tree. */
  root(node: number): number {
    this.#access(node)
    let top = node
    while (this.#leftOf(top) !== 0) top = this.#leftOf(top)
    // What was long to find is near the next time.
    this.#splay(top)
    return top
  }

  /** `child` is the root of its tree, and `parent` is in another. */
  link(child: number, parent: number): void {
    this.#access(child)
    this.#access(parent)
    this.#up[child] = parent
  }

  /** Takes a node, with all below it, from its parent. */
  cut(child: number): void {
    this.#access(child)
    const above = this.#leftOf(child)
    this.#up[above] = 0
    this.#left[child] = 0
  }

  #upOf(node: number): number {
    return this.#up[node] ?? 0
  }

  #leftOf(node: number): number {
    return this.#left[node] ?? 0
  }

  /** Makes the path from the root to `node` one splay tree, with `node` at its root. */
  #access(node: number): void {
    let below = 0
    for (let at = node; at !== 0; at = this.#upOf(at)) {
      this.#splay(at)
      this.#right[at] = below
      below = at
    }
    this.#splay(node)
  }

  #isTop(node: number): boolean {
    const up = this.#upOf(node)
    return up === 0 || (this.#left[up] !== node && this.#right[up] !== node)
  }

  #splay(node: number): void {
    while (!this.#isTop(node)) {
      const up = this.#upOf(node)
      if (!this.#isTop(up)) {
        const straight = (this.#left[this.#upOf(up)] === up) === (this.#left[up] === node)
        this.#rotate(straight ? up : node)
      }
      this.#rotate(node)
    }
  }

  /** `node` and the one above it in the splay tree change places. */
  #rotate(node: number): void {
    const up = this.#upOf(node)
    const top = this.#upOf(up)
    const [near, far] = this.#left[up] === node ? [this.#left, this.#right] : [this.#right, this.#left]
    if (this.#left[top] === up) this.#left[top] = node
    else if (this.#right[top] === up) this.#right[top] = node
    const between = far[node] ?? 0
    near[up] = between
    if (between !== 0) this.#up[between] = up
    far[node] = up
    this.#up[up] = node
    this.#up[node] = top
  }
}

function larger(array: Int32Array, index: number): Int32Array {
  const grown = new Int32Array(Math.max(2 * array.length, index + 1))
  grown.set(array)
  return grown
}
