/** THREAD=REFERENCES, step 1: which message answers which, by what they call each other (RFC 5256 §3). */
import { Ancestry } from './ancestry.js'
import type { OctetString } from './index-types.js'
import type { MessageKeys } from './message-keys.js'
import { normalMessageId } from './references.js'
import { TooMuchToArrange } from './sort-order.js'

export type Referring = Pick<MessageKeys, 'messageId' | 'inReplyTo' | 'references'>

/** How much may be in memory at once. */
export interface LinkLimits {
  /** Messages that are there, and those that are only spoken of. */
  readonly threadedMessages: number
  /** Of all different msg-ids. */
  readonly arrangedCharacters: number
}

/** What messages come to: nodes are numbers from 1. */
export interface Links {
  /** The node of each message. */
  readonly nodes: readonly number[]
  /** The parent of each node, or 0. */
  readonly parents: readonly number[]
}

/** A copy by itself: a part of a string would keep all of it in memory. */
const alone = (id: OctetString): OctetString => Buffer.from(id, 'latin1').toString('latin1')

/** Takes messages one by one, in the order of the mailbox, and keeps nothing of them but their msg-ids. */
export class ReferenceLinks implements Links {
  readonly nodes: number[] = []
  readonly parents: number[] = [0]
  readonly #limits: LinkLimits
  readonly #byId = new Map<OctetString, number>()
  /** Nodes that are messages; the others are dummies so far. */
  readonly #isMessage: boolean[] = [false]
  readonly #ancestry = new Ancestry()
  #characters = 0

  constructor(limits: LinkLimits) {
    this.#limits = limits
  }

  /** @throws TooMuchToArrange */
  add({ messageId, inReplyTo, references }: Referring): void {
    const ancestors = references.length > 0 ? references : inReplyTo.slice(0, 1)
    let parent = 0
    for (const id of ancestors) {
      const node = this.#named(normalMessageId(id))
      // Step A. What has a parent keeps it: this header may have been cut.
      if (parent !== 0 && this.parents[node] === 0) this.#link(node, parent)
      parent = node
    }
    // Step B. Its own header knows best who its parent is.
    const node = this.#nodeOf(messageId)
    if (this.parents[node] !== parent) {
      if (this.parents[node] !== 0) this.#cut(node)
      if (parent !== 0) this.#link(node, parent)
    }
    this.nodes.push(node)
  }

  /** A message whose msg-id is missing or another one's has a node that nobody can name. */
  #nodeOf(messageId: OctetString | null): number {
    const node = messageId === null ? 0 : this.#named(normalMessageId(messageId))
    if (node !== 0 && this.#isMessage[node] === false) {
      this.#isMessage[node] = true
      return node
    }
    return this.#newNode(true)
  }

  /** Whoever has this msg-id, or a dummy that stands for him. */
  #named(id: OctetString): number {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    this.#characters += id.length
    if (this.#characters > this.#limits.arrangedCharacters)
      throw new TooMuchToArrange(`${this.#limits.arrangedCharacters} characters of msg-ids`)
    const node = this.#newNode(false)
    this.#byId.set(alone(id), node)
    return node
  }

  #newNode(isMessage: boolean): number {
    if (this.parents.length > this.#limits.threadedMessages)
      throw new TooMuchToArrange(`${this.#limits.threadedMessages} messages that are there or spoken of`)
    this.#isMessage.push(isMessage)
    const node = this.parents.push(0) - 1
    this.#ancestry.add(node)
    return node
  }

  /** Unless it would make a loop. `child` has no parent. */
  #link(child: number, parent: number): void {
    if (this.#ancestry.root(parent) === child) return
    this.#ancestry.link(child, parent)
    this.parents[child] = parent
  }

  #cut(child: number): void {
    this.#ancestry.cut(child)
    this.parents[child] = 0
  }
}
