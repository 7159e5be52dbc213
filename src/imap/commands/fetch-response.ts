/** One FETCH response: `* n FETCH (…)` with its items in the order asked, octets straight from the store. */
import type { SeqNo } from '../../core/ids.js'
import type { MessageIndex, OctetString } from '../../message/index-types.js'
import { StoreError } from '../../store/errors.js'
import type { BlobReader } from '../../store/store.js'
import type { Pace } from '../pace.js'
import type { Responses } from '../responses.js'
import { type FetchItem, fetchItems, type Known, type PlannedItem } from './fetch-items.js'
import { type Octets, sectionOctets } from './fetch-octets.js'

/** A message with what the plan needs of it; the rest is null. */
export interface Loaded extends Known {
  readonly seq: SeqNo
  readonly index: MessageIndex | null
  /** An error when it cannot be read. */
  readonly blob: BlobReader | StoreError | null
}

/** What a response costs besides its octets. */
const MESSAGE_WORK = 1024

/**
 * Writes the response to `message`. A section that cannot be read is left out, so that the response stays
 * well formed; if nothing is left there is no response.
 * @returns why something was left out, or null
 * @throws Disconnected, and StoreError when octets fail in the middle of a literal: the connection is destroyed then
 */
export async function respond(
  out: Responses,
  items: readonly PlannedItem[],
  message: Loaded,
  pace: Pace,
): Promise<StoreError | null> {
  let failure: StoreError | null = null
  // Text that is not written yet; a run of small items is one piece.
  let text = `* ${message.seq} FETCH (`
  let space = ''
  for (const item of items) {
    const value = await makeValue(item, message)
    if (value instanceof StoreError) {
      failure = value
      continue
    }
    text += `${space}${item.label} `
    space = ' '
    if (value.kind === 'text') text += value.text
    else {
      out.octets(text)
      text = ''
      await send(out, value)
      await pace.spend(value.work)
      await out.room()
    }
  }
  if (space !== '') out.end(`${text})\r\n`)
  await pace.spend(MESSAGE_WORK)
  await out.room()
  return failure
}

/** `text` is of the session or the store; `content` is made of the message and hidden from the trace. */
type Value =
  | Octets
  | { readonly kind: 'text'; readonly text: OctetString }
  | { readonly kind: 'content'; readonly text: OctetString; readonly work: number }

/** The error when it cannot be read. */
async function makeValue({ name, section, window }: FetchItem, message: Loaded): Promise<Value | StoreError> {
  const row = fetchItems[name]
  if (row.needs === 'entry') return { kind: 'text', text: row.value(message) }
  const { index, blob } = message
  if (index === null) throw new Error(`${name} without an index`)
  if (row.needs === 'index') return content(row.value(index))
  if (section === null || blob === null) throw new Error(`${name} without a section or a blob`)
  if (blob instanceof StoreError) return blob
  return sectionOctets(blob, index, section, window).catch(refusal)
}

/** What the store declined, as a value; a fault goes on. */
export function refusal(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  throw error
}

const content = (text: OctetString): Value => ({ kind: 'content', text, work: text.length })

async function send(out: Responses, value: Exclude<Value, { kind: 'text' }>): Promise<void> {
  if (value.kind === 'nil') out.octets('NIL')
  else if (value.kind === 'content') out.content(value.text)
  else if (value.size === 0) out.octets('""')
  else if (value.kind === 'stream') await out.literal(value.size, value.source)
  else {
    out.octets(`{${value.size}}\r\n`)
    out.bytes(value.bytes)
  }
}
