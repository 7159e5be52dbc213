/** One FETCH response: `* n FETCH (…)` with its items in the order asked, octets straight from the store. */
import type { SeqNo } from '../../core/ids.js'
import type { MessageIndex, OctetString } from '../../message/index-types.js'
import { StoreError } from '../../store/errors.js'
import type { BlobReader } from '../../store/store.js'
import type { Responses } from '../responses.js'
import { type FetchItem, fetchItems, type Known, type PlannedItem } from './fetch-items.js'
import { type Octets, sectionOctets } from './fetch-octets.js'

/** A message with what the plan needs of it; the rest is null. */
export interface Loaded extends Known {
  readonly seq: SeqNo
  readonly index: MessageIndex | null
  /** null also when it cannot be read. */
  readonly blob: BlobReader | null
}

export interface Sent {
  /** Octets of content, to share the thread by. */
  readonly octets: number
  /** False when an item was left out because its octets could not be read. */
  readonly whole: boolean
}

/**
 * Writes the response to `message`. A section that cannot be read is left out, so that the response stays
 * well formed; if nothing is left there is no response.
 * @throws Disconnected, also when octets fail in the middle of a literal: the connection is destroyed then
 */
export async function respond(out: Responses, items: readonly PlannedItem[], message: Loaded): Promise<Sent> {
  let octets = 0
  let whole = true
  // Text that is not written yet; a run of small items is one piece.
  let text = `* ${message.seq} FETCH (`
  let space = ''
  for (const item of items) {
    const value = await makeValue(item, message)
    if (value === null) {
      whole = false
      continue
    }
    text += `${space}${item.label} `
    space = ' '
    if (value.kind === 'text') text += value.text
    else {
      out.octets(text)
      text = ''
      octets += await send(out, value)
    }
  }
  if (space !== '') out.octets(`${text})\r\n`)
  return { octets, whole }
}

/** `text` is of the session or the store; `content` is made of the message and hidden from the trace. */
type Value =
  | Octets
  | { readonly kind: 'text'; readonly text: OctetString }
  | { readonly kind: 'content'; readonly text: OctetString }

/** Null when it cannot be read. */
async function makeValue({ name, section, window }: FetchItem, message: Loaded): Promise<Value | null> {
  const row = fetchItems[name]
  if (row.needs === 'entry') return { kind: 'text', text: row.value(message) }
  const { index, blob } = message
  if (index === null) throw new Error(`${name} without an index`)
  if (row.needs === 'index') return { kind: 'content', text: row.value(index) }
  if (section === null) throw new Error(`${name} without a section`)
  if (blob === null) return null
  return sectionOctets(blob, index, section, window).catch((error: unknown) => {
    if (error instanceof StoreError) return null
    throw error
  })
}

async function send(out: Responses, value: Exclude<Value, { kind: 'text' }>): Promise<number> {
  switch (value.kind) {
    case 'nil':
      out.octets('NIL')
      return 0
    case 'content':
      out.content(value.text)
      return value.text.length
    case 'bytes':
      if (value.bytes.length === 0) out.octets('""')
      else {
        out.octets(`{${value.bytes.length}}\r\n`)
        out.bytes(value.bytes)
      }
      return value.bytes.length
    case 'stream':
      if (value.size === 0) out.octets('""')
      else await out.literal(value.size, value.source)
      return value.size
  }
}
