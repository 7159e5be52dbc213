/**
 * Which mail of ours a report is about, and what it says of it. Every message that leaves us carries our Received with
 * its queue id, and servers that report return the header (RFC 3464 §2 and RFC 3461 §6.2 (b)). Nobody can guess an id, so
 * who names one has had the message. ENVID does not help: RFC 3461 §5.2.1 (a) has us send none that the sender did not.
 */
import { queueLimits } from '../core/limits.js'
import { addressesMeant, type DeliveryStatus, type ReportedStatus, type Typed } from '../message/delivery-status.js'
import { parseFields } from '../message/headers.js'
import { unfold } from '../message/lexer.js'
import type { ReportedBounce } from '../store/store.js'

/** A recipient that did not get it, and will not. */
export interface Bounce extends ReportedBounce {
  readonly action: 'failed'
  /** RFC 3463 */
  readonly status: string
}

/** Those of whom the report says that it failed for good; others are delayed, or have it. */
export const bouncesIn = ({ recipients, reportingMta }: DeliveryStatus): readonly Bounce[] =>
  recipients.flatMap((one) => {
    const { action, original, final } = one
    if (action !== 'failed') return []
    const status = statusOf(one)
    const addresses = [original, final].flatMap((address) => (address === null ? [] : addressesMeant(address)))
    const reply = replyOf(one, status, reportingMta)
    return [{ action, status, addresses, reply, isAddressFailure: ADDRESS_FAILURE.test(status) }]
  })

/** RFC 3463 §3.2: no such mailbox, no such domain, no address, moved for good; RFC 7505 §4: takes no mail. */
const ADDRESS_FAILURE = /^5\.1\.(?:1|2|3|6|10)$/

/** Some say no more than 5.0.0, and let the other server's words speak. */
function statusOf({ status, diagnostic }: ReportedStatus): string {
  if (!status.endsWith('.0.0') || diagnostic?.type !== 'smtp') return status
  return /^[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3}) /.exec(diagnostic.text)?.[1] ?? status
}

/** As an SMTP reply: what an SMTP server said, or something like it. */
function replyOf({ diagnostic }: ReportedStatus, status: string, reporter: Typed | null): string {
  const said = (diagnostic?.text ?? '').replace(/\p{Cc}/gu, '?')
  const isReply = diagnostic?.type === 'smtp' && /^[245]\d\d /.test(said)
  const words = said === '' ? `Reported as failed by ${reporter?.text ?? 'another server'}` : said
  const reply = isReply ? said : `${status.startsWith('4') ? 450 : 550} ${status} ${words}`
  return reply.slice(0, queueLimits.reportedReply)
}

/** Queue ids in those Received fields that are ours, as message/received.ts writes them; the latest first. */
export function queueIdsIn(header: Uint8Array, hostname: string): readonly string[] {
  const fields = parseFields(header).filter(({ name }) => name.toLowerCase() === 'received')
  const ids = fields.slice(0, queueLimits.returnedReceived).flatMap(({ value }) => ourId(value, hostname) ?? [])
  return [...new Set(ids)].slice(0, queueLimits.reportedMessages)
}

/** `by <us> … id <queue id>`; null for what others wrote. */
function ourId(value: string, hostname: string): string | null {
  const words = unfold(value.slice(0, queueLimits.receivedOctets)).split(' ')
  const by = words.findIndex((word, i) => word === 'by' && words[i + 1]?.toLowerCase() === hostname.toLowerCase())
  const id = by === -1 ? -1 : words.indexOf('id', by)
  return id === -1 ? null : (/^[a-z0-9]+(?=;?$)/.exec(words[id + 1] ?? '')?.[0] ?? null)
}
