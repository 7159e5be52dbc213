/** The fields of one header that ENVELOPE and BODYSTRUCTURE are made of, found by name. */
import type { Field } from './headers.js'
import type { OctetString } from './index-types.js'
import { unfold } from './lexer.js'

const WANTED: ReadonlySet<string> = new Set([
  ...['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id'],
  ...['references', 'received'],
  ...['content-type', 'content-transfer-encoding', 'content-id', 'content-description', 'content-disposition'],
  ...['content-language', 'content-location', 'content-md5'],
])
const LONGEST = Math.max(...Array.from(WANTED, (name) => name.length))

export class NamedFields {
  /** All fields of the header, whatever their names. */
  readonly count: number
  readonly #values = new Map<string, OctetString[]>()

  constructor(fields: readonly Field[]) {
    this.count = fields.length
    for (const field of fields) {
      if (field.name.length <= LONGEST) this.#add(field.name.toLowerCase(), field.value)
    }
  }

  #add(name: string, value: OctetString): void {
    if (!WANTED.has(name)) return
    const values = this.#values.get(name)
    if (values === undefined) this.#values.set(name, [value])
    else values.push(value)
  }

  /** Raw values of all fields of that name. `name` in lower case. */
  all(name: string): readonly OctetString[] {
    return this.#values.get(name) ?? []
  }

  /** The raw value of the first field of that name, or null. A second one breaks RFC 5322 §3.6 and is not looked at. */
  first(name: string): OctetString | null {
    return this.#values.get(name)?.[0] ?? null
  }

  /** `first` on one line. */
  text(name: string): OctetString | null {
    const value = this.first(name)
    return value === null ? null : unfold(value)
  }
}

export const NO_FIELDS = new NamedFields([])
