/** What another program delivered, read back by a mail client over IMAP. */
import { setTimeout as wait } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import type { Ports, TestSite } from '../../bench/server-process.js'

export interface Delivered {
  readonly subject: string
  readonly source: string
}

/** The INBOX of a user of the site. */
export async function inboxOf(user: string, ports: Ports, site: TestSite): Promise<readonly Delivered[]> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: `${user}@posthorn.test`, pass: site.password },
    logger: false,
  })
  await client.connect()
  const { exists } = await client.mailboxOpen('INBOX')
  const found: Delivered[] = []
  if (exists > 0)
    for await (const { envelope, source } of client.fetch('1:*', { envelope: true, source: true }))
      found.push({ subject: envelope?.subject ?? '', source: source?.toString('latin1') ?? '' })
  await client.logout()
  return found
}

/** Looks until `enough` is true of what is there. Without that it never returns: the time limit of a test is its end. */
export async function inboxWith(
  enough: (messages: readonly Delivered[]) => boolean,
  ...where: Parameters<typeof inboxOf>
): Promise<readonly Delivered[]> {
  for (;;) {
    const messages = await inboxOf(...where)
    if (enough(messages)) return messages
    await wait(200)
  }
}
