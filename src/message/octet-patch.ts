/** Makes changes to octets that pass by, at places known before; everything between them passes as it is. Sans-I/O. */
import type { OctetString, Range } from './index-types.js'
import { type TransferDecoder, transferDecoder } from './transfer-decoder.js'
import { type SafeEncoding, type TransferEncoder, transferEncoder } from './transfer-encoder.js'

export type Edit =
  /** `text` instead of what is there; before what follows where the range is empty. */
  | { readonly kind: 'replace'; readonly range: Range; readonly text: OctetString }
  /** The body of a leaf, from its encoding into another. `closesLine`: nothing follows that begins with a CRLF. */
  | {
      readonly kind: 'encode'
      readonly range: Range
      readonly from: string
      readonly to: SafeEncoding
      readonly closesLine: boolean
    }

const NOTHING = Buffer.alloc(0)

export class OctetPatch {
  readonly #edits: readonly Edit[]
  #edit = 0
  #at: number
  /** Of the edit that is being done. */
  #coding: { readonly decoder: TransferDecoder; readonly encoder: TransferEncoder } | null = null

  /** `edits` ascending, none into another; the first octet that is pushed has the place `start`. */
  constructor(edits: readonly Edit[], start: number) {
    this.#edits = edits
    this.#at = start
  }

  /** What becomes of `chunk`; may share memory with it. */
  *push(chunk: Buffer): Generator<Buffer> {
    for (let from = 0; from < chunk.length; ) {
      yield* this.#close()
      const edit = this.#edits[this.#edit]
      const isIn = edit !== undefined && edit.range.start <= this.#at
      const stop = edit === undefined ? Number.POSITIVE_INFINITY : isIn ? edit.range.end : edit.range.start
      const piece = chunk.subarray(from, Math.min(chunk.length, from + stop - this.#at))
      from += piece.length
      this.#at += piece.length
      const becomes = isIn ? this.#changed(edit, piece) : piece
      if (becomes.length > 0) yield becomes
    }
  }

  /** What is owed when all octets have passed. */
  end(): Iterable<Buffer> {
    return this.#close()
  }

  #changed(edit: Edit, piece: Buffer): Buffer {
    if (edit.kind === 'replace') return NOTHING
    this.#coding ??= { decoder: transferDecoder(edit.from), encoder: transferEncoder(edit.to) }
    return this.#coding.encoder.push(this.#coding.decoder.push(piece))
  }

  /** Does what is left of the edits that end here. */
  *#close(): Generator<Buffer> {
    for (;;) {
      const edit = this.#edits[this.#edit]
      if (edit === undefined || edit.range.end > this.#at) return
      if (edit.kind === 'replace') yield Buffer.from(edit.text, 'latin1')
      else yield* this.#endCoding(edit.closesLine)
      this.#edit++
    }
  }

  *#endCoding(closesLine: boolean): Generator<Buffer> {
    if (this.#coding === null) return
    const { decoder, encoder } = this.#coding
    this.#coding = null
    yield encoder.push(decoder.end())
    yield encoder.end(closesLine)
  }
}
