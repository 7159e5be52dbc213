/** What leaves us of a stored message: its octets without what only we wrote down, in a form that the other server takes. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { queueLimits } from '../core/limits.js'
import type { PartIndex } from '../message/index-types.js'
import { OctetPatch } from '../message/octet-patch.js'
import { BINARY, EIGHT_BIT, type Scan, SectionScanner } from '../message/section-scan.js'
import { type Sectioned, sectionsOf } from '../message/sections.js'
import { type SevenBit, sevenBit } from '../message/seven-bit.js'
import type { Claim } from '../store/outbound-store.js'
import type { BlobReader, Store } from '../store/store.js'
import type { OutboundContent } from './contracts.js'

type Needs = OutboundContent['needs']

/** What is remembered of a message while its recipients are tried. */
interface Known {
  /** Where it begins behind our Return-Path. */
  readonly start: number
  readonly needs: Needs
}

export class OutboundContents {
  readonly #store: Pick<Store, 'openBlob' | 'indexes'>
  /** By queue id, the latest last: a message to many destinations is read to its end once. */
  readonly #known = new Map<string, Known>()

  constructor(store: Pick<Store, 'openBlob' | 'indexes'>) {
    this.#store = store
  }

  /**
   * Reads the message to its end, unless that was done before. @returns null: it is not there
   * @throws StoreError 'unavailable'
   */
  async open({ id, blob }: Pick<Claim, 'id' | 'blob'>): Promise<OutboundContent | null> {
    const reader = await this.#store.openBlob(blob)
    const [index] = await this.#store.indexes([blob])
    if (reader === null || index === undefined || index === null) return null
    const known = this.#known.get(id) ?? (await learn(reader, index.root))
    this.#remember(id, known)
    return new StoredContent(reader, index.root, known)
  }

  #remember(id: string, known: Known): void {
    this.#known.delete(id)
    this.#known.set(id, known)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > queueLimits.knownContents) this.#known.delete(oldest)
  }
}

async function learn(reader: BlobReader, root: PartIndex): Promise<Known> {
  const start = await returnPathEnd(reader, root)
  const sectioned = sectionsOf(root, start)
  return { start, needs: needsOf(sectioned, await scan(reader, sectioned)) }
}

async function scan(reader: BlobReader, { sections }: Sectioned): Promise<Scan> {
  const scanner = new SectionScanner(sections)
  for await (const piece of reader.read(sections[0]?.range.start ?? 0, reader.size)) scanner.push(piece)
  return scanner.end()
}

/**
 * RFC 5321 §4.4: the server that delivers a message writes Return-Path in front of it. We are one for some recipients,
 * and all share the stored octets; others have Received first, so a Return-Path in front is ours, on one line.
 */
async function returnPathEnd(reader: BlobReader, { header }: PartIndex): Promise<number> {
  const pieces: Buffer[] = []
  for await (const piece of reader.read(0, Math.min(header.end, queueLimits.returnPathOctets))) pieces.push(piece)
  const line = /^Return-Path:[^\n]*\r\n(?![ \t])/i.exec(Buffer.concat(pieces).toString('latin1'))
  return line === null ? 0 : line[0].length
}

/**
 * RFC 6531 §3.6: what needs SMTPUTF8 are header fields of the message and of its body parts. The header of a message
 * inside belongs to the body that it is in.
 */
function needsOf({ sections }: Sectioned, { traits }: Scan): Needs {
  const has = (trait: number, inHeader: boolean): boolean =>
    sections.some(
      ({ kind, isInside }, i) => (kind === 'header' && !isInside) === inHeader && ((traits[i] ?? 0) & trait) !== 0,
    )
  return {
    eightBitBody: has(EIGHT_BIT, false),
    eightBitHeader: has(EIGHT_BIT, true),
    binary: has(BINARY, false) || has(BINARY, true),
  }
}

class StoredContent implements OutboundContent {
  readonly needs: Needs
  readonly #reader: BlobReader
  readonly #root: PartIndex
  readonly #start: number

  constructor(reader: BlobReader, root: PartIndex, { start, needs }: Known) {
    this.needs = needs
    this.#reader = reader
    this.#root = root
    this.#start = start
  }

  async open(form: 'as-is' | '7bit'): ReturnType<OutboundContent['open']> {
    const { eightBitBody, eightBitHeader, binary } = this.needs
    if (form === '7bit' && eightBitHeader) return null
    if (form === 'as-is' || !(eightBitBody || binary)) {
      return { size: this.#reader.size - this.#start, octets: this.#reader.read(this.#start, this.#reader.size) }
    }
    const sectioned = sectionsOf(this.#root, this.#start)
    const plan = sevenBit(sectioned, await scan(this.#reader, sectioned))
    return plan === null ? null : { size: plan.size, octets: this.#patched(plan) }
  }

  async *#patched({ edits }: SevenBit): AsyncGenerator<Buffer> {
    const patch = new OctetPatch(edits, this.#start)
    for await (const piece of this.#reader.read(this.#start, this.#reader.size)) {
      yield* patch.push(piece)
      // A piece takes a millisecond or two, and one that is in memory is there at once.
      await nextTurn()
    }
    yield* patch.end()
  }
}
