/** FETCH responses as data, however their strings are spelled: quoted, as literals or as atoms. */

/** NIL is null, a list an array; atoms, numbers and strings are their text, one char for each octet. */
export type Datum = string | null | readonly Datum[]

const ATOM_END = new Set([' ', '(', ')', '"', '\r'])

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  /** The item's name, in capitals: `BODY[1.HEADER.FIELDS (DATE)]<0>`. */
  label(): string {
    const [found = ''] = /^[^ [(]+(?:\[[^\]]*\](?:<\d+>)?)?/.exec(this.#text.slice(this.#at, this.#at + 1000)) ?? []
    this.#at += found.length
    return found.toUpperCase()
  }

  skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  datum(): Datum {
    if (this.skip('(')) return this.#list()
    if (this.skip('"')) return this.#quoted()
    if (this.#text[this.#at] === '{') return this.#literal()
    const start = this.#at
    while (this.#at < this.#text.length && !ATOM_END.has(this.#text[this.#at] ?? '')) this.#at++
    if (this.#at === start) throw new Error(`no data: ${this.#text.slice(start - 100, start + 20)}`)
    const atom = this.#text.slice(start, this.#at)
    return atom.toUpperCase() === 'NIL' ? null : atom
  }

  #list(): Datum[] {
    const items: Datum[] = []
    while (!this.skip(')')) {
      this.skip(' ')
      items.push(this.datum())
    }
    return items
  }

  #quoted(): string {
    let text = ''
    while (!this.skip('"')) {
      this.skip('\\')
      text += this.#text[this.#at++]
    }
    return text
  }

  #literal(): string {
    const end = this.#text.indexOf('\r\n', this.#at)
    const size = Number(this.#text.slice(this.#at + 1, end - 1))
    this.#at = end + 2 + size
    return this.#text.slice(end + 2, this.#at)
  }
}

/** What is said of one message, by item. */
export type MessageData = ReadonlyMap<string, Datum>

/** The FETCH responses among `untagged`, by sequence number; several for one message are put together. */
export function fetchData(untagged: readonly string[]): ReadonlyMap<number, MessageData> {
  const all = new Map<number, Map<string, Datum>>()
  for (const line of untagged) {
    const [prefix, seq] = /^\* (\d+) FETCH \(/.exec(line) ?? []
    if (prefix === undefined) continue
    const items = all.get(Number(seq)) ?? new Map<string, Datum>()
    all.set(Number(seq), items)
    const reader = new Reader(line, prefix.length)
    while (!reader.skip(')')) {
      reader.skip(' ')
      const label = reader.label()
      reader.skip(' ')
      items.set(label, reader.datum())
    }
  }
  return all
}

/** Where two answers say different things: `place: ours | theirs`. Text is compared as `same` has it. */
export function differences(
  ours: Datum,
  theirs: Datum,
  same: (a: string, b: string) => boolean,
  place = '',
): readonly string[] {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length)
    return ours.flatMap((one: Datum, i) => differences(one, theirs[i] ?? null, same, `${place}.${i}`))
  if (typeof ours === 'string' && typeof theirs === 'string' && same(ours, theirs)) return []
  if (ours === null && theirs === null) return []
  return [`${place.slice(1)}: ${JSON.stringify(ours)} | ${JSON.stringify(theirs)}`]
}

/** The part numbers of a BODYSTRUCTURE (RFC 3501 §6.4.5), and whether each is a message. */
export function partNumbers(structure: Datum): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>()
  collect(structure, '', found)
  return found
}

const isList = (datum: Datum | undefined): datum is readonly Datum[] => Array.isArray(datum)

/** `message`: the numbers of what contains it, with a dot behind; a message that is no multipart is its part 1. */
function collect(message: Datum, prefix: string, found: Map<string, boolean>): void {
  if (!isList(message)) return
  if (!isList(message[0])) addPart(message, `${prefix}1`, found)
  for (const [i, part] of message.entries()) {
    if (!isList(message[0]) || !isList(part)) return
    addPart(part, `${prefix}${i + 1}`, found)
  }
}

function addPart(part: readonly Datum[], number: string, found: Map<string, boolean>): void {
  const [type, subtype] = part
  const isMessage = /^message\/rfc822$/i.test(`${type}/${subtype}`)
  found.set(number, isMessage)
  if (isMessage) collect(part[8] ?? null, `${number}.`, found)
  else if (isList(part[0])) collect(part, `${number}.`, found)
}
