/** The part tree of a message as compact JSON, and rows of blob_index as MessageIndex. */
import type { MessageIndex, PartIndex } from '../../message/index-types.js'

const KINDS = ['leaf', 'multipart', 'message'] as const
/** kind, header start and end, body start and end, parts */
type Packed = readonly [number, number, number, number, number, readonly Packed[]]

const pack = (p: PartIndex): Packed => [
  KINDS.indexOf(p.kind),
  p.header.start,
  p.header.end,
  p.body.start,
  p.body.end,
  p.parts.map(pack),
]

const unpack = ([kind, headerStart, headerEnd, bodyStart, bodyEnd, parts]: Packed): PartIndex => ({
  kind: KINDS[kind] ?? 'leaf',
  header: { start: headerStart, end: headerEnd },
  body: { start: bodyStart, end: bodyEnd },
  parts: parts.map(unpack),
})

export const encodeParts = (root: PartIndex): string => JSON.stringify(pack(root))
export const decodeParts = (text: string): PartIndex => unpack(JSON.parse(text) as Packed)

export interface IndexRow {
  readonly size: number
  readonly envelope: Buffer
  readonly body: Buffer
  readonly bodyStructure: Buffer
  readonly messageId: string | null
  readonly receivedFields: number
  readonly parts: string
}

export const decodeIndex = (row: IndexRow): MessageIndex => ({
  size: row.size,
  root: decodeParts(row.parts),
  envelope: row.envelope.toString('latin1'),
  body: row.body.toString('latin1'),
  bodyStructure: row.bodyStructure.toString('latin1'),
  messageId: row.messageId,
  receivedFields: row.receivedFields,
})
