/** Finds in a message the report that it is (RFC 6522 §3): what is said of its recipients, and what is returned. */
import type { MessageIndex, PartIndex, Range } from './index-types.js'
import { readPartHeader } from './part-header.js'

export interface EncodedRange {
  readonly range: Range
  /** Content-Transfer-Encoding, small letters. */
  readonly encoding: string
}

export interface ReportParts {
  /** The message/delivery-status or message/global-delivery-status (RFC 6533 §4.4 has them equal). */
  readonly status: EncodedRange
  /** The header of the message that is reported on, and what may be behind it; null: it is not returned. */
  readonly returned: EncodedRange | null
}

/** As much of a header as is looked at anywhere. */
export type HeaderOf = (part: PartIndex) => Promise<Uint8Array>

const STATUS = /^message\/(?:global-)?delivery-status$/
const MESSAGE = /^message\/(?:rfc822|global)$/
const HEADERS = /^(?:text\/rfc822-headers|message\/global-headers)$/

/** Whether it is worth a look: there is no report without it, and little else with it (RFC 3501 §9, body-type-mpart). */
export const mayBeReport = ({ root, bodyStructure }: MessageIndex): boolean =>
  root.kind === 'multipart' && bodyStructure.includes(' "REPORT" ')

/** null: it is no report on a delivery. Which parts there are counts, and not whether report-type says so. */
export async function findReport(root: PartIndex, headerOf: HeaderOf): Promise<ReportParts | null> {
  if (root.kind !== 'multipart' || (await describe(root, headerOf)).type !== 'multipart/report') return null
  let status: EncodedRange | null = null
  // RFC 6522 §3: a text, the report, and what is returned.
  for (const part of root.parts.slice(0, 4)) {
    const { type, encoding } = await describe(part, headerOf)
    if (STATUS.test(type)) status ??= { range: part.body, encoding }
    else if (status !== null && MESSAGE.test(type)) return { status, returned: messageIn(part, encoding) }
    else if (status !== null && HEADERS.test(type)) return { status, returned: { range: part.body, encoding } }
  }
  return status === null ? null : { status, returned: null }
}

const describe = async (part: PartIndex, headerOf: HeaderOf) => readPartHeader(await headerOf(part))

/** What is encoded has not been looked into. */
const messageIn = ({ parts, body }: PartIndex, encoding: string): EncodedRange =>
  parts[0] === undefined ? { range: body, encoding } : { range: parts[0].header, encoding: '7bit' }
