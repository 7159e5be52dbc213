/** posthorn queue show: one message, who of its recipients waits and what became of the others. */
import type { Command } from 'commander'
import { type AdminClient, Refused } from '../admin/client.js'
import { type QueuedMessageReply, type QueueReply, showQueued } from '../admin/queue.js'
import { type FinishedReply, listFinished } from '../admin/queue-history.js'
import { oneLine } from '../core/quoted.js'
import { withAdmin } from './connect.js'
import { CommandError } from './errors.js'
import { json, type Output, sizeText, table, timeText } from './output.js'
import { allPages } from './pages.js'
import { outcomeTable } from './queue-history.js'
import { type SiteOptions, withSite } from './site.js'

interface Shown {
  /** null: nobody waits any more. */
  readonly queued: Omit<QueuedMessageReply, 'next'> | null
  readonly finished: readonly FinishedReply[]
}

export function showCommand(queue: Command, out: Output): void {
  withSite(queue.command('show').description('one message, with all of its recipients').argument('<id>', 'queue id'))
    .option('--json', 'for programs')
    .action((id: string, options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const found = { queued: await queuedOf(client, id), finished: await finishedOf(client, id) }
        if (found.queued === null && found.finished.length === 0)
          throw new CommandError(`nothing is known of a message ${id}: not in the queue, and not in its history`)
        out.print(options.json ? json(found) : shown(id, found))
      }),
    )
}

async function queuedOf(client: AdminClient, id: string): Promise<Shown['queued']> {
  let message: Omit<QueuedMessageReply, 'next' | 'recipients'> | null = null
  try {
    const recipients = await allPages(undefined, async (limit, after: string | undefined) => {
      const { recipients: items, next, ...rest } = await client.call(showQueued, { id, after, limit })
      message = rest
      return { items, next }
    })
    return message === null ? null : { ...(message as Omit<QueuedMessageReply, 'next' | 'recipients'>), recipients }
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null
    throw error
  }
}

const finishedOf = (client: AdminClient, id: string): Promise<FinishedReply[]> =>
  allPages(undefined, async (limit, after: number | undefined) => {
    const { finished: items, next } = await client.call(listFinished, { id, after, limit })
    return { items, next }
  })

export const statusText = ({ status, claimed }: Pick<QueueReply, 'status' | 'claimed'>): string =>
  claimed ? 'trying' : status

const shown = (id: string, { queued, finished }: Shown): string =>
  [
    ...(queued === null ? [`message     ${id}`, 'waits       no'] : [head(queued), '', waiting(queued)]),
    ...(finished.length === 0 ? [] : ['', outcomeTable(finished, ['OUTCOME', 'RECIPIENT', 'FINISHED', 'REPLY'])]),
  ].join('\n')

const head = (message: Omit<QueuedMessageReply, 'next'>): string =>
  [
    `message     ${message.id}`,
    `from        ${message.from === '' ? '<>' : message.from}`,
    `size        ${sizeText(message.size)}`,
    `since       ${timeText(message.enqueued_at)}`,
    ...(message.envelope_id === null ? [] : [`envelope id ${message.envelope_id}`]),
  ].join('\n')

const waiting = ({ recipients }: Pick<QueuedMessageReply, 'recipients'>): string =>
  table(
    ['STATUS', 'RECIPIENT', 'RETRIES', 'NEXT ATTEMPT', 'LAST ATTEMPT', 'LAST HOST', 'LAST REPLY'],
    recipients.map((r) => [
      ...[statusText(r), r.recipient, r.retry_count, r.status === 'pending' ? timeText(r.next_retry) : ''],
      ...[timeText(r.last_attempt), r.last_host ?? '', oneLine(r.last_reply ?? '')],
    ]),
  )
