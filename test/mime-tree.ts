/** Messages of a known shape: their octets and, made at the same time and not by parsing, the index of their parts. */
import fc from 'fast-check'
import type { MessageIndex, PartIndex } from '../src/message/index-types.js'

/** `header`: field lines without the empty line behind them. */
export type Tree =
  | { readonly kind: 'leaf'; readonly header: string; readonly body: string }
  | { readonly kind: 'multipart'; readonly header: string; readonly parts: readonly Tree[] }
  | { readonly kind: 'message'; readonly header: string; readonly inner: Tree }

export interface Built {
  readonly bytes: Buffer
  readonly index: MessageIndex
}

/** The message that `tree` describes. Its ENVELOPE, BODY and BODYSTRUCTURE are stand-ins that name the message. */
export function build(tree: Tree, name = 'm'): Built {
  const out: string[] = []
  const root = write(tree, out, 0)
  const bytes = Buffer.from(out.join(''), 'latin1')
  const text = (item: string): string => `("${item} of ${name}")`
  const index = {
    size: bytes.length,
    root,
    envelope: text('envelope'),
    body: text('body'),
    bodyStructure: text('structure'),
    messageId: null,
    receivedFields: 0,
  }
  return { bytes, index }
}

const lengthOf = (out: readonly string[]): number => out.reduce((sum, piece) => sum + piece.length, 0)

function write(tree: Tree, out: string[], depth: number): PartIndex {
  const start = lengthOf(out)
  const boundary = `=_${depth}_${start}`
  out.push(tree.header)
  if (tree.kind === 'multipart') out.push(`Content-Type: multipart/mixed; boundary="${boundary}"\r\n`)
  if (tree.kind === 'message') out.push('Content-Type: message/rfc822\r\n')
  out.push('\r\n')
  const header = { start, end: lengthOf(out) }
  const parts = writeInside(tree, out, depth, boundary)
  return { kind: tree.kind, header, body: { start: header.end, end: lengthOf(out) }, parts }
}

function writeInside(tree: Tree, out: string[], depth: number, boundary: string): PartIndex[] {
  if (tree.kind === 'message') return [write(tree.inner, out, depth + 1)]
  if (tree.kind === 'leaf') {
    out.push(tree.body)
    return []
  }
  const parts = tree.parts.map((part, i) => {
    out.push(`${i === 0 ? '' : '\r\n'}--${boundary}\r\n`)
    return write(part, out, depth + 1)
  })
  out.push(`\r\n--${boundary}--\r\n`)
  return parts
}

export const leaf = (body: string, header = ''): Tree => ({ kind: 'leaf', header, body })
export const multipart = (...parts: readonly Tree[]): Tree => ({ kind: 'multipart', header: '', parts })
export const message = (inner: Tree, header = ''): Tree => ({ kind: 'message', header, inner })

const fieldName = fc.constantFrom('Subject', 'Date', 'FROM', 'to', 'X-Mailer', 'Received')
const fieldValue = fc.constantFrom('', ' one', ' two words', ' folded\r\n\tline', ' caf\xe9', ': odd')
const header = fc
  .array(fc.tuple(fieldName, fieldValue), { maxLength: 4 })
  .map((fields) => fields.map(([name, value]) => `${name}:${value}\r\n`).join(''))
const body = fc.constantFrom('', 'x', 'hello\r\n', 'two\r\nlines\r\n', '\r\n', 'a\0b\xff', 'long '.repeat(300))

/** Any tree of up to four levels. */
export const mimeTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.record({ kind: fc.constant('leaf' as const), header, body }),
    fc.record({
      kind: fc.constant('multipart' as const),
      header,
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('message' as const), header, inner: tie('tree') }),
  ),
})).tree
