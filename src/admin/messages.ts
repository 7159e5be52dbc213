/** /v1/users/:address/mailboxes/:mailbox/messages: what is attached to messages. */
import { z } from 'zod'
import type { MailboxId, Uid } from '../core/ids.js'
import { StoreError } from '../store/errors.js'
import { Download, download } from './download.js'
import { type AdminServices, route } from './route.js'

const attachment = z.object({
  part: z.string(),
  name: z.string().nullable(),
  type: z.string(),
  disposition: z.string().nullable(),
  content_id: z.string().nullable(),
  size: z.number(),
  sha256: z.string(),
})
export type AttachmentReply = z.infer<typeof attachment>

/** In a path it comes as text. */
const uid = z.coerce
  .number<string | number>()
  .int()
  .min(1)
  .max(2 ** 32 - 1)
const message = z.strictObject({ address: z.string(), mailbox: z.string(), uid })

/** @throws AccountError 'no-such-user'; StoreError 'no-such-mailbox' */
async function mailboxOf({ accounts, store }: AdminServices, address: string, name: string): Promise<MailboxId> {
  const user = await accounts.showUser(address)
  const mailbox = await store.findMailbox(user.id, name)
  if (mailbox === null) throw new StoreError('no-such-mailbox', `${user.address} has no mailbox ${name}`)
  return mailbox.id
}

const unreadable = (reason: string): StoreError =>
  new StoreError('unavailable', `the message cannot be taken apart: ${reason}`)

export const listAttachments = route({
  method: 'GET',
  path: '/v1/users/:address/mailboxes/:mailbox/messages/:uid/attachments',
  summary: 'The attachments of one message, in its order',
  success: 200,
  input: message,
  reply: z.object({ attachments: z.array(attachment) }),
  run: async (services, { address, mailbox, uid }) => {
    const found = await services.store.attachments(await mailboxOf(services, address, mailbox), uid as Uid)
    if (found.kind === 'failed') throw unreadable(found.reason)
    return { attachments: found.attachments.map(({ contentId, ...rest }) => ({ ...rest, content_id: contentId })) }
  },
})

export const getAttachment = route({
  method: 'GET',
  path: '/v1/users/:address/mailboxes/:mailbox/messages/:uid/attachments/:part',
  summary: 'The octets of one attachment, decoded; never with the type that the sender gave',
  success: 200,
  input: message.extend({ part: z.string() }),
  reply: download,
  run: async (services, { address, mailbox, uid, part }) => {
    const id = await mailboxOf(services, address, mailbox)
    const found = await services.store.openAttachment(id, uid as Uid, part)
    if (found === null) throw new StoreError('no-such-message', `message ${uid} has no attachment ${part}`)
    return new Download(found.name ?? `part-${part}`, found.size, found.read())
  },
})
