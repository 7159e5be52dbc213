/** Which parts of a message are attachments: whatever is not a text that is shown (as mailparser has it). */
import type { PartIndex, Range } from './index-types.js'
import type { PartHeader } from './part-header.js'
import { headerOf, type OctetsOf, walkParts } from './part-walk.js'

export interface AttachmentPart {
  /** As in BODY[1.2]. */
  readonly number: string
  readonly header: PartHeader
  /** What BODY[number] gives: still encoded. */
  readonly body: Range
}

const isShownText = ({ type, disposition }: PartHeader): boolean =>
  /^(?:text\/(?:plain|html)|multipart\/.*)$/.test(type) && disposition !== 'attachment'

/** A message inside is an attachment as a whole, unless it is to be shown: then it is what is in it. */
const isOpened = (header: PartHeader): boolean => header.disposition === 'inline'

/** In the order of the message. */
export function* attachmentParts(root: PartIndex, octets: OctetsOf): Generator<AttachmentPart> {
  for (const { number, part } of walkParts(root, ({ part }) => isOpened(headerOf(part, octets)))) {
    if (part.kind === 'multipart') continue
    const header = headerOf(part, octets)
    if (part.kind === 'message' ? isOpened(header) : isShownText(header)) continue
    yield { number, header, body: part.body }
  }
}
