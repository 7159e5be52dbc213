/** The FETCH responses of a group item by item: one message's may be split or joined, and flags may be told unasked. Pure. */
import { type Items, itemsOf, sameItem, VOLUNTEERED } from './imap-items.js'
import { type Match, textOf, tried } from './imap-match.js'
import type { Response } from './imap-response.js'
import { Unreadable, type Value } from './imap-values.js'
import type { View } from './imap-view.js'
import type { Written } from './imap-written.js'

type Fetch = Extract<Response, { readonly kind: 'data' }>

/** One that is written, with what has not come of it. */
interface Entry {
  readonly written: Written
  readonly number: number | null
  readonly pending: Map<string, Value>
  readonly open: boolean
  touched: boolean
}

export class FetchLedger {
  readonly #entries: readonly Entry[]
  readonly #match: Match
  readonly #pipelined: boolean
  /** What has come and was written: by message and item. */
  readonly #told = new Map<string, { readonly value: Value; readonly written: Written }>()

  /** @param pipelined commands are under way that may have changed flags already */
  constructor(written: readonly Written[], numbers: ReadonlyMap<Written, number>, match: Match, pipelined: boolean) {
    this.#match = match
    this.#pipelined = pipelined
    const entries = written.flatMap((one): Entry[] => {
      const items = one.response?.kind === 'data' && one.response.name === 'FETCH' ? readItems(one.response) : null
      if (items === null) return []
      return [{ written: one, number: numbers.get(one) ?? null, ...pendingOf(items), touched: false }]
    })
    this.#entries = [
      ...entries.filter(({ written: { must } }) => must),
      ...entries.filter(({ written: { must } }) => !must),
    ]
  }

  isDone(written: Written): boolean {
    const entry = this.#entries.find((one) => one.written === written)
    return entry?.touched === true && entry.pending.size === 0
  }

  /** @param number in the numbering of the beginning. @returns what is wrong, or null */
  hear(came: Fetch, number: number, view: View): { what: string; written: Written | null } | null {
    const items = readItems(came)
    if (items === null)
      return { what: 'the items of this FETCH cannot be read', written: this.#of(number)[0]?.written ?? null }
    for (const [name, value] of items.items) {
      const wrong = this.#item(number, name, value, view.uids.get(Number(came.number)))
      if (wrong !== null) return wrong
    }
    for (const entry of this.#of(number)) if (entry.pending.size === 0) entry.touched = true
    return null
  }

  #of(number: number): readonly Entry[] {
    return this.#entries.filter((entry) => entry.number === number && !this.isDone(entry.written))
  }

  #item(number: number, name: string, value: Value, uid: string | undefined) {
    const entries = this.#of(number)
    const found = entries.find(({ pending }) => {
      const written = pending.get(name)
      return written !== undefined && tried(this.#match, (match) => sameItem(match, name, written, value))
    })
    if (found !== undefined) {
      this.#cross(found, number, name)
      return null
    }
    const waiting = entries.find(({ pending }) => pending.has(name))
    const wrong = (what: string, written = waiting?.written ?? entries[0]?.written ?? null) => ({ what, written })
    if (name === 'UID' && uid !== undefined && textOf(value) !== uid)
      return wrong(`message ${number} has another UID than before (${uid})`)
    const told = this.#told.get(`${number} ${name}`)
    if (
      told !== undefined &&
      !this.#pipelined &&
      !sameItem(this.#match.copy(), name, told.value, value) &&
      waiting === undefined
    )
      return wrong(`${name} of message ${number} is told again, and is another`, told.written)
    if (waiting === undefined && this.#entries.some((entry) => entry.number === number && entry.open)) return null
    if (waiting !== undefined && name !== 'FLAGS') return wrong(`${name} of message ${number} is another`)
    if (VOLUNTEERED.has(name)) return null
    return wrong(`${name} of message ${number} came, and was not to be expected`)
  }

  #cross(entry: Entry, number: number, name: string): void {
    const value = entry.pending.get(name)
    if (value !== undefined) this.#told.set(`${number} ${name}`, { value, written: entry.written })
    entry.pending.delete(name)
    entry.touched = true
  }
}

const pendingOf = ({ items, open }: Items): { pending: Map<string, Value>; open: boolean } => ({
  pending: new Map(items),
  open,
})

function readItems({ values }: Fetch): Items | null {
  try {
    return itemsOf(values)
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}
