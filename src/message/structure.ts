/**
 * Finds the MIME structure of a message in one pass over its octets (RFC 2045, 2046, 5322). It holds no body
 * and of a header no more than is looked at; how the octets are cut into chunks makes no difference.
 */
import { type MimeLimits, mimeLimits } from '../core/limits.js'
import { bodyText } from './bodystructure.js'
import { messageId } from './envelope.js'
import { FirstLine } from './first-line.js'
import { HeaderBuffer } from './header-buffer.js'
import type { MessageIndex } from './index-types.js'
import { type MessageKeys, messageKeys } from './message-keys.js'
import { PartTree, partIndex } from './part-tree.js'

const LF = 10
const CR = 13
const DASH = 45
const LINE_AND_DASHES = Buffer.from('\n--')
const NOTHING = Buffer.alloc(0)
/** Behind a line that looked like a boundary so many octets are read one by one: to seek from each such line costs more. */
const NEAR = 512

type State =
  /** At the first octet of a line. */
  | 'start'
  /** A line of a header that so far is only CR. */
  | 'return'
  /** A line that so far is only "-". */
  | 'dash'
  /** Behind "--". */
  | 'dashes'
  /** In the first line of a header, as long as it may be a field name. */
  | 'name'
  /** In a line that has no more to tell. */
  | 'inside'
  /** Behind a boundary, in its line. A new part may begin with the next. */
  | 'delimiter'

export class MessageIndexer {
  readonly #tree: PartTree
  readonly #limits: MimeLimits
  readonly #header: HeaderBuffer
  readonly #firstLine = new FirstLine()
  #state: State = 'start'
  #chunk: Buffer = NOTHING
  /** Octets of the message before #chunk. */
  #base = 0
  /** The last two of them. */
  #before: readonly [number, number] = [0, 0]
  /** Line ends so far, as long as the tree wants them counted. */
  #lines = 0
  #inHeader = true
  /** No line of this header has ended yet: if it is no field, it is the body. */
  #isFirstLine = true
  #headerStart = 0
  /** Where the line began that may be a boundary, and the octets of the line end before it. */
  #lineStart = 0
  #eol = 0
  /** Up to here octets are read one by one. */
  #nearUntil = 0
  #beginsPart = false

  constructor(limits: MimeLimits = mimeLimits) {
    this.#limits = limits
    this.#tree = new PartTree(limits)
    this.#header = new HeaderBuffer(limits.headerOctets)
  }

  /** The next octets of the message. They are not kept: the caller may reuse the chunk. */
  push(chunk: Uint8Array): void {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#chunk = octets
    for (let at = 0; at < octets.length; ) at = this.#step(octets, at)
    if (this.#inHeader) this.#header.add(this.#headerPiece(this.#base + octets.length))
    this.#before = [this.#octetBefore(octets.length - 1), this.#octetBefore(octets.length)]
    this.#base += octets.length
    this.#chunk = NOTHING
  }

  /** The message is over. */
  end(): MessageIndex {
    if (this.#state === 'dashes') this.#endDashes(0)
    if (this.#isFirstLine && /^(name|dash|return)$/.test(this.#state)) this.#noHeader()
    while (this.#inHeader) this.#endHeader(this.#base)
    const { root, fields } = this.#tree
    this.#tree.finish(this.#base, this.#lines)
    return {
      size: this.#base,
      root: partIndex(root),
      envelope: root.envelope,
      body: bodyText(root, false),
      bodyStructure: bodyText(root, true),
      messageId: messageId(fields),
      receivedFields: fields.all('received').length,
    }
  }

  /** Made anew each time it is asked for. Known after `end`. */
  get keys(): MessageKeys {
    return messageKeys(this.#tree.fields, this.#limits)
  }

  /** Fields of the message's own header, counted up to limits.headerFields. Known after `end`. */
  get headerFields(): number {
    return this.#tree.fields.count
  }

  /** Reads on from `at`. @returns where to go on, which may be the same place in another state */
  #step(octets: Buffer, at: number): number {
    switch (this.#state) {
      case 'inside':
        return this.#inHeader ? this.#headerLine(octets, at) : this.#bodyLines(octets, at)
      case 'start':
        return this.#startLine(octets[at] ?? 0, at)
      case 'return':
        return this.#behindReturn(octets[at] ?? 0, at)
      case 'name':
        return this.#name(octets, at)
      case 'dash':
        return this.#behindDash(octets[at] ?? 0, at)
      case 'dashes':
        return this.#dashes(octets, at)
      case 'delimiter':
        return this.#delimiterLine(octets, at)
    }
  }

  #startLine(octet: number, at: number): number {
    if (octet === DASH && this.#tree.boundaries.size > 0) {
      this.#lineStart = this.#base + at
      this.#eol = this.#octetBefore(at - 1) === CR ? 2 : 1
      this.#state = 'dash'
      return at + 1
    }
    if (this.#inHeader && octet === LF) return this.#emptyLine(at)
    if (this.#inHeader && octet === CR) {
      this.#state = 'return'
      return at + 1
    }
    this.#state = 'inside'
    if (this.#inHeader && this.#isFirstLine) this.#startName()
    return at
  }

  #startName(): void {
    this.#firstLine.start()
    this.#state = 'name'
  }

  #behindReturn(octet: number, at: number): number {
    if (octet === LF) return this.#emptyLine(at)
    this.#state = 'inside'
    if (this.#isFirstLine) this.#noHeader()
    return at
  }

  /** The line that ends a header ends at `at`. */
  #emptyLine(at: number): number {
    this.#lines++
    this.#endHeader(this.#base + at + 1)
    this.#state = 'start'
    return at + 1
  }

  #name(octets: Buffer, at: number): number {
    for (; at < octets.length; at++) {
      const is = this.#firstLine.feed(octets[at] ?? 0)
      if (is === 'more') continue
      this.#state = 'inside'
      if (is === 'body') this.#noHeader()
      break
    }
    return at
  }

  #headerLine(octets: Buffer, at: number): number {
    while (at < octets.length && octets[at] !== LF) at++
    if (at === octets.length) return at
    this.#lines++
    this.#isFirstLine = false
    this.#state = 'start'
    return at + 1
  }

  #bodyLines(octets: Buffer, at: number): number {
    const counts = this.#tree.countsLines
    const watches = this.#tree.boundaries.size > 0
    if (counts) return this.#readLines(octets, at, octets.length, watches)
    if (!watches) return octets.length
    const near = this.#nearUntil - this.#base
    return at < near ? this.#readLines(octets, at, Math.min(near, octets.length), true) : this.#seek(octets, at)
  }

  /** Counts line ends, up to a line that may be a boundary. */
  #readLines(octets: Buffer, at: number, stop: number, watches: boolean): number {
    let lines = 0
    while (at < stop) {
      if (octets[at++] !== LF) continue
      lines++
      if (watches && (at === octets.length || octets[at] === DASH)) {
        this.#state = 'start'
        break
      }
    }
    this.#lines += lines
    return at
  }

  /** Goes to the next line that may be a boundary, without counting those it leaps over. */
  #seek(octets: Buffer, at: number): number {
    const found = octets.indexOf(LINE_AND_DASHES, at)
    if (found !== -1) {
      this.#state = 'start'
      return found + 1
    }
    const last = octets.lastIndexOf(LF)
    if (last < at || last < octets.length - 2) return octets.length
    this.#state = 'start'
    return last + 1
  }

  #behindDash(octet: number, at: number): number {
    if (octet === DASH) {
      this.#tree.boundaries.start()
      this.#state = 'dashes'
      return at + 1
    }
    this.#state = 'inside'
    if (this.#inHeader && this.#isFirstLine) {
      this.#startName()
      this.#firstLine.feed(DASH)
    }
    return at
  }

  #dashes(octets: Buffer, at: number): number {
    const { boundaries } = this.#tree
    while (at < octets.length && boundaries.feed(octets[at] ?? 0)) at++
    if (at < octets.length) this.#endDashes(at)
    return at
  }

  /** What the line is that began with two dashes is known. */
  #endDashes(at: number): void {
    const { match } = this.#tree.boundaries
    if (match !== null && this.#tree.accepts(match)) {
      while (this.#inHeader) this.#endHeader(this.#lineStart)
      this.#tree.boundary(match, this.#lineStart, this.#eol, this.#lines)
      this.#beginsPart = !match.isLast
      this.#state = 'delimiter'
    } else {
      if (this.#inHeader && this.#isFirstLine) this.#noHeader()
      this.#nearUntil = this.#base + at + NEAR
      this.#state = 'inside'
    }
  }

  #delimiterLine(octets: Buffer, at: number): number {
    const end = octets.indexOf(LF, at)
    if (end === -1) return octets.length
    this.#lines++
    this.#state = 'start'
    if (this.#beginsPart) {
      this.#tree.beginPart(this.#base + end + 1)
      this.#startHeader(this.#base + end + 1)
    }
    return end + 1
  }

  #startHeader(start: number): void {
    this.#inHeader = true
    this.#isFirstLine = true
    this.#headerStart = start
  }

  #endHeader(end: number): void {
    const octets = this.#header.take(this.#headerPiece(end), end - this.#headerStart)
    this.#inHeader = false
    if (this.#tree.endHeader(octets, end, this.#lines)) this.#startHeader(end)
  }

  /** The body begins where a header should; so does that of a message in it. */
  #noHeader(): void {
    while (this.#inHeader) this.#endHeader(this.#headerStart)
  }

  /** What #chunk has of the header, up to place `end`. */
  #headerPiece(end: number): Buffer {
    const from = Math.max(0, this.#headerStart - this.#base)
    return this.#chunk.subarray(from, Math.max(from, end - this.#base))
  }

  /** The octet before place `at` of #chunk. */
  #octetBefore(at: number): number {
    return (at > 0 ? this.#chunk[at - 1] : this.#before[at + 1]) ?? 0
  }
}
