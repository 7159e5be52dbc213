/**
 * The names that a LIST can tell of: mailboxes, the levels above them that are none, and names that are only
 * subscribed to; and which of them a client asked for (RFC 5258 §3).
 */
import { levelsAbove } from '../store/mailbox-name.js'
import type { Mailbox } from '../store/store.js'

/** Selection options that a name must satisfy. */
export type Criterion = 'SUBSCRIBED' | 'SPECIAL-USE'

export interface ListedName {
  readonly name: string
  /** null: it is a level, or was a mailbox once. */
  readonly mailbox: Mailbox | null
  readonly subscribed: boolean
  /** A mailbox is below it. */
  readonly hasChildren: boolean
  /** Something below it satisfies the criteria. */
  readonly childInfo: boolean
  /** It satisfies them itself, and is not told of for what it hides alone. */
  readonly satisfies: boolean
}

interface Name {
  mailbox: Mailbox | null
  subscribed: boolean
  hasChildren: boolean
  childInfo: boolean
  /** Something below it satisfies the criteria and not the pattern. */
  hidesChild: boolean
  matched: boolean
}

export interface Selection {
  readonly matches: (name: string) => boolean
  readonly criteria: readonly Criterion[]
  /** RECURSIVEMATCH: tell also of names that hide others which satisfy the criteria. */
  readonly recursive: boolean
}

export class ListNames {
  readonly #names = new Map<string, Name>()
  readonly #selection: Selection

  constructor(selection: Selection) {
    this.#selection = selection
  }

  /** Mailboxes first, then subscriptions: a name is looked at as it is when the last of them has come. */
  addMailbox(mailbox: Mailbox): void {
    for (const level of levelsAbove(mailbox.name)) this.#name(level).hasChildren = true
    const name = this.#name(mailbox.name)
    name.mailbox = mailbox
    name.subscribed = mailbox.subscribed
  }

  addSubscription(name: string): void {
    for (const level of levelsAbove(name)) this.#name(level)
    this.#name(name).subscribed = true
  }

  get all(): Iterable<string> {
    return this.#names.keys()
  }

  /** Call it once for each of `all`, before `chosen`. */
  look(key: string): void {
    const name = this.#name(key)
    name.matched = this.#selection.matches(key)
    if (this.#selection.criteria.length === 0 || !this.#satisfies(name)) return
    for (const level of levelsAbove(key)) {
      const above = this.#name(level)
      above.childInfo = true
      above.hidesChild ||= !name.matched
    }
  }

  /** What is told of a name; null: nothing. */
  chosen(key: string): ListedName | null {
    const name = this.#name(key)
    const { recursive } = this.#selection
    const satisfies = this.#satisfies(name)
    if (!name.matched || !(satisfies || (recursive && name.hidesChild))) return null
    const { mailbox, subscribed, hasChildren, childInfo } = name
    return { name: key, mailbox, subscribed, hasChildren, childInfo: recursive && childInfo, satisfies }
  }

  #satisfies(name: Name): boolean {
    const { criteria } = this.#selection
    if (criteria.length === 0) return name.mailbox !== null || name.hasChildren
    return criteria.every((one) =>
      one === 'SUBSCRIBED' ? name.subscribed : (name.mailbox?.specialUse ?? null) !== null,
    )
  }

  #name(key: string): Name {
    let name = this.#names.get(key)
    if (name === undefined) {
      name = {
        mailbox: null,
        subscribed: false,
        hasChildren: false,
        childInfo: false,
        hidesChild: false,
        matched: false,
      }
      this.#names.set(key, name)
    }
    return name
  }
}
