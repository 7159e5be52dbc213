/** The msg-ids that a message names: In-Reply-To and References (RFC 5322 §3.6.4). */
import type { MimeLimits } from '../core/limits.js'
import type { OctetString } from './index-types.js'
import type { MessageKeys } from './message-keys.js'

/** Whatever stands around them: In-Reply-To of old mailers is a sentence (RFC 5322 §4.5.4). */
const MESSAGE_ID = /<[\x21-\x3b\x3d\x3f-\x7e\x80-\xff]+>/g

/**
 * The msg-ids of these field values, angle brackets included, each once, in their order; folds within one
 * break it. Of more than `limits.references` the first is kept, which began the thread, and the last ones,
 * which are nearest. One that is longer than a line may be is none.
 */
export function messageIds(values: readonly OctetString[], limits: MimeLimits): OctetString[] {
  const found = values.flatMap((value) => value.match(MESSAGE_ID) ?? [])
  const ids = [...new Set(found.filter((id) => id.length <= limits.messageId))]
  return ids.length <= limits.references ? ids : [...ids.slice(0, 1), ...ids.slice(1 - limits.references)]
}

/** The messages before this one, nearest first: In-Reply-To, then References from the last to the first (decision 26). */
export const ancestorsOf = ({
  messageId,
  inReplyTo,
  references,
}: Pick<MessageKeys, 'messageId' | 'inReplyTo' | 'references'>): OctetString[] =>
  [...new Set([...inReplyTo, ...references.toReversed()])].filter((id) => id !== messageId)

/**
 * The one form of a msg-id that can be written in several: a local part in quotes that needs none, and characters
 * quoted with a backslash (RFC 5256 §3, RFC 5322 §3.6.4).
 */
export const normalMessageId = (id: OctetString): OctetString =>
  id.includes('"') || id.includes('\\') ? id.replace(/^<"(.*)"(?=@)/, '<$1').replace(/\\(.)/g, '$1') : id
