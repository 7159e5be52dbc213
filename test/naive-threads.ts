/** REFERENCES word by word as RFC 5256 §3 has it, with objects and recursion: slow, and easy to compare with the text. */

export interface NaiveMessage {
  readonly id: string | null
  readonly references: readonly string[]
  readonly subject: string
  readonly isReply: boolean
  readonly date: number
}

interface Node {
  /** From 0; null for a dummy. */
  position: number | null
  parent: Node | null
  children: Node[]
}

const isAbove = (one: Node, other: Node | null): boolean =>
  other !== null && (one === other || isAbove(one, other.parent))

function link(child: Node, parent: Node): void {
  if (isAbove(child, parent)) return
  child.parent = parent
  parent.children.push(child)
}

function unlink(child: Node): void {
  child.parent?.children.splice(child.parent.children.indexOf(child), 1)
  child.parent = null
}

/** Step 1 and 2 */
function linked(messages: readonly NaiveMessage[]): Node[] {
  const nodes: Node[] = []
  const table = new Map<string, Node>()
  const newNode = (): Node => {
    const node = { position: null, parent: null, children: [] }
    nodes.push(node)
    return node
  }
  const named = (id: string): Node => {
    const node = table.get(id) ?? newNode()
    table.set(id, node)
    return node
  }
  for (const [position, { id, references }] of messages.entries()) {
    let last: Node | null = null
    for (const reference of references) {
      const node = named(reference)
      if (last !== null && node.parent === null) link(node, last)
      last = node
    }
    let own = id === null ? newNode() : named(id)
    if (own.position !== null) own = newNode()
    own.position = position
    if (own.parent !== last || last === null) {
      unlink(own)
      if (last !== null) link(own, last)
    }
  }
  return nodes.filter((node) => node.parent === null)
}

/** Step 3 */
const pruned = (nodes: Node[], isRoot: boolean): Node[] =>
  nodes.flatMap((node) => {
    node.children = pruned(node.children, false)
    if (node.position !== null || node.children.length === 0) return node.position === null ? [] : [node]
    return isRoot && node.children.length > 1 ? [node] : node.children
  })

/** A list of threads as the response has it, with numbers from 1. */
export function naiveThreads(messages: readonly NaiveMessage[]): string {
  const of = (node: Node): number => node.position ?? node.children[0]?.position ?? -1
  const message = (node: Node): NaiveMessage => messages[of(node)] as NaiveMessage
  const bySentDate = (a: Node, b: Node): number => message(a).date - message(b).date || of(a) - of(b)
  const sortAll = (nodes: Node[]): void => {
    for (const { children } of nodes) sortAll(children)
    nodes.sort(bySentDate)
  }
  let roots = pruned(linked(messages), true)
  sortAll(roots)

  // Step 5
  const table = new Map<string, Node>()
  const isReply = (node: Node): boolean => node.position !== null && message(node).isReply
  for (const root of roots) {
    const { subject } = message(root)
    if (subject === '') continue
    const known = table.get(subject)
    if (
      known === undefined ||
      (known.position !== null && (root.position === null || (isReply(known) && !isReply(root))))
    )
      table.set(subject, root)
  }
  for (const root of [...roots]) {
    const { subject } = message(root)
    const known = table.get(subject)
    if (subject === '' || known === undefined || known === root) continue
    roots = roots.filter((other) => other !== root)
    if (known.position === null && root.position === null) known.children.push(...root.children)
    else if (known.position === null || (isReply(root) && !isReply(known))) known.children.push(root)
    else {
      const dummy: Node = { position: null, parent: null, children: [known, root] }
      roots = roots.map((other) => (other === known ? dummy : other))
      table.set(subject, dummy)
    }
  }
  sortAll(roots)

  const text = ({ position, children }: Node): string => {
    const below = children.length === 1 ? children.map(text).join('') : children.map((c) => `(${text(c)})`).join('')
    return [position === null ? '' : position + 1, below].filter((part) => part !== '').join(' ')
  }
  return roots.map((root) => `(${text(root)})`).join('')
}
