/** /v1/users/:address/mailboxes: the folders of a user, with their counters. */
import { z } from 'zod'
import { route } from './route.js'

const mailbox = z.object({
  name: z.string(),
  special_use: z.string().nullable().describe('RFC 6154'),
  subscribed: z.boolean(),
  messages: z.number(),
  unseen: z.number(),
  recent: z.number(),
  size: z.number().describe('octets'),
  uid_validity: z.number(),
  uid_next: z.number(),
})
export type MailboxReply = z.infer<typeof mailbox>

export const listMailboxes = route({
  method: 'GET',
  path: '/v1/users/:address/mailboxes',
  summary: 'The mailboxes of a user, by name, with their counters',
  success: 200,
  input: z.strictObject({ address: z.string() }),
  reply: z.object({ mailboxes: z.array(mailbox) }),
  run: async ({ accounts, store }, { address }) => {
    const { id } = await accounts.showUser(address)
    const mailboxes: MailboxReply[] = []
    for (const { id: mailboxId, name, specialUse, subscribed, uidValidity } of await store.listMailboxes(id)) {
      const { messages, unseen, recent, size, uidNext } = await store.mailboxStatus(mailboxId)
      const counters = { messages, unseen, recent, size, uid_validity: uidValidity, uid_next: uidNext }
      mailboxes.push({ name, special_use: specialUse, subscribed, ...counters })
    }
    return { mailboxes }
  },
})
