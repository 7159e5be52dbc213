/** Reads what the server says in parentheses: the grammar of RFC 3501 §9, and nothing beside it. */

/** NIL is null, a string is its octets as latin1. */
export type ImapValue = null | number | string | readonly ImapValue[]

const VALUE = /NIL|(\d+)|"((?:[^"\\\r\n\0\x80-\xff]|\\["\\])*)"|\{(\d+)\}\r\n/y

/** One parenthesised list; throws if it is none or something stands behind it. */
export function readList(text: string): readonly ImapValue[] {
  let at = 0
  const fail = (): never => {
    throw new Error(`no value at ${at}: ${text.slice(at, at + 40)}`)
  }
  const value = (): ImapValue => {
    if (text[at] === '(') return list()
    VALUE.lastIndex = at
    const found = VALUE.exec(text) ?? fail()
    at += found[0].length
    if (found[1] !== undefined) return Number(found[1])
    if (found[2] !== undefined) return found[2].replace(/\\(.)/g, '$1')
    if (found[3] === undefined) return null
    const start = at
    at += Number(found[3])
    return at > text.length ? fail() : text.slice(start, at)
  }
  const list = (): readonly ImapValue[] => {
    const items: ImapValue[] = []
    if (text[at++] !== '(') fail()
    while (text[at] !== ')') {
      // Body structures of a multipart follow each other without a space (RFC 3501 §9, body-type-mpart).
      if (items.length > 0 && text[at] === ' ') at++
      items.push(value())
    }
    at++
    return items
  }
  const items = list()
  return at === text.length ? items : fail()
}
