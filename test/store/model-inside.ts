/** The inside of messages as the model has it: everything decoded at once, nothing remembered. */
import { createHash } from 'node:crypto'
import type { Uid } from '../../src/core/ids.js'
import { attachmentParts } from '../../src/message/attachment-parts.js'
import { collated } from '../../src/message/case-fold.js'
import { isDay } from '../../src/message/date.js'
import type { Range } from '../../src/message/index-types.js'
import { fieldTexts, searchableText, sentDay } from '../../src/message/searchable-text.js'
import { transferDecoder } from '../../src/message/transfer-decoder.js'
import type { Attachment, AttachmentReader, SearchDate, SearchOptions, SearchText } from '../../src/store/store.js'
import type { Box, Content } from './model-data.js'

const octetsOf =
  ({ bytes }: Content) =>
  ({ start, end }: Range): Buffer[] => [bytes.subarray(start, end)]

/** All attachments of a message, with their octets. */
export function modelAttachments(content: Content): AttachmentReader[] {
  return [...attachmentParts(content.index.root, octetsOf(content))].map(({ number, header, body }) => {
    const decoder = transferDecoder(header.encoding)
    const bytes = Buffer.concat([decoder.push(content.bytes.subarray(body.start, body.end)), decoder.end()])
    const { name, type, disposition, contentId } = header
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const read = async function* (): AsyncGenerator<Buffer> {
      yield bytes
    }
    return { part: number, name, type, disposition, contentId, size: bytes.length, sha256, read }
  })
}

export const shownAttachment = ({ read: _, ...shown }: AttachmentReader): Attachment => shown

/** Each field and each text part as one string. */
function textsOf(content: Content, where: SearchText['where']): string[] {
  const texts: string[] = []
  let open = ''
  for (const { text, ends } of searchableText(
    content.index.root,
    octetsOf(content),
    where === 'body' ? 'body' : null,
  )) {
    open += text
    if (!ends) continue
    texts.push(open)
    open = ''
  }
  return texts
}

function holds(content: Content, text: SearchText | SearchDate): boolean {
  if (text.where === 'date') {
    const sent = sentDay(content.index.root, octetsOf(content))
    return sent !== null && isDay(sent, text.is, text.day)
  }
  if (text.where !== 'header' && text.value === '') return true
  const texts =
    text.where === 'header'
      ? fieldTexts(content.index.root, octetsOf(content), text.field)
      : textsOf(content, text.where)
  return texts.some((one) => collated(one).includes(collated(text.value)))
}

export const modelSearch = (
  box: Box,
  contents: readonly Content[],
  text: SearchText | SearchDate,
  { uids, signal }: SearchOptions,
): Uid[] => {
  signal?.throwIfAborted()
  return box.messages
    .filter(({ uid }) => uids === undefined || uids.includes(uid))
    .filter(({ blob }) => contents.some((content) => content.id === blob && holds(content, text)))
    .map(({ uid }) => uid)
}
