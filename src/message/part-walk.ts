/** Goes through the parts of a message in the order of BODYSTRUCTURE, with the numbers of BODY[…] (RFC 3501 §6.4.5). */
import { mimeLimits } from '../core/limits.js'
import type { PartIndex, Range } from './index-types.js'
import { type PartHeader, readPartHeader } from './part-header.js'

/** The octets of `range`, in pieces. */
export type OctetsOf = (range: Range) => Iterable<Uint8Array>

export interface WalkedPart {
  /** As in BODY[1.2]. A multipart that is the content of a message has none: ''. */
  readonly number: string
  readonly part: PartIndex
  /** It is the message, or one inside: its header is that of a message. */
  readonly isMessage: boolean
}

/** `inside`: whether to go into a message/rfc822 part. */
export function* walkParts(root: PartIndex, inside: (part: WalkedPart) => boolean): Generator<WalkedPart> {
  yield* walkMessage(root, '', inside)
}

const under = (number: string, i: number): string => (number === '' ? `${i}` : `${number}.${i}`)

/** "Every message has at least one part number": what is no multipart is part 1 of its message. */
function* walkMessage(root: PartIndex, number: string, inside: (part: WalkedPart) => boolean): Generator<WalkedPart> {
  yield* walk({ number: root.kind === 'multipart' ? number : under(number, 1), part: root, isMessage: true }, inside)
}

function* walk(walked: WalkedPart, inside: (part: WalkedPart) => boolean): Generator<WalkedPart> {
  yield walked
  const { number, part } = walked
  if (part.kind === 'multipart') {
    for (const [i, inner] of part.parts.entries())
      yield* walk({ number: under(number, i + 1), part: inner, isMessage: false }, inside)
  } else if (part.kind === 'message' && part.parts[0] !== undefined && inside(walked)) {
    yield* walkMessage(part.parts[0], number, inside)
  }
}

/** As much of the header as is looked at anywhere. */
export function headerOctets({ header }: PartIndex, octets: OctetsOf): Buffer {
  const end = Math.min(header.end, header.start + mimeLimits.headerOctets)
  return Buffer.concat([...octets({ start: header.start, end })])
}

export const headerOf = (part: PartIndex, octets: OctetsOf): PartHeader => readPartHeader(headerOctets(part, octets))
