/** posthorn queue: what waits to be sent to other hosts, and what became of it. */
import type { Command } from 'commander'
import type { AdminClient } from '../admin/client.js'
import { listQueue, type QueueStatsReply, queueStats } from '../admin/queue.js'
import { oneLine } from '../core/quoted.js'
import { withAdmin } from './connect.js'
import { json, type Output, sizeText, table, timeText } from './output.js'
import { allPages } from './pages.js'
import { controlCommands } from './queue-control.js'
import { destinationCommands } from './queue-destinations.js'
import { type FilterOptions, filterOf, wholeNumber, withFilter } from './queue-filter.js'
import { historyCommands } from './queue-history.js'
import { ruleCommands } from './queue-rules.js'
import { showCommand, statusText } from './queue-show.js'
import { type SiteOptions, withSite } from './site.js'

interface ListOptions extends FilterOptions {
  readonly limit: number
}

/** Lines of a listing where nothing is said: a queue may have a million. */
const USUAL_LINES = 1000

export function queueCommands(program: Command, out: Output): void {
  const queue = program.command('queue').description('what waits to be sent to other hosts')
  withFilter(withSite(queue.command('list').description('recipients that wait, by queue id')))
    .option('--limit <n>', 'at most so many', wholeNumber, USUAL_LINES)
    .action((options: ListOptions) => withAdmin(options, async (client) => out.print(await list(client, options))))
  showCommand(queue, out)
  controlCommands(queue, out)
  withSite(queue.command('stats').description('how much waits, and since when'))
    .option('--json', 'for programs')
    .action((options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const stats = await client.call(queueStats, {})
        out.print(options.json ? json(stats) : shown(stats))
      }),
    )
  destinationCommands(queue, out)
  historyCommands(queue, out)
  ruleCommands(queue, out)
}

async function list(client: AdminClient, options: ListOptions): Promise<string> {
  const filter = filterOf(options)
  const entries = await allPages(options.limit, async (limit, after: string | undefined) => {
    const { entries: items, next } = await client.call(listQueue, { ...filter, after, limit })
    return { items, next }
  })
  if (options.json) return json(entries)
  return table(
    ['ID', 'FROM', 'RECIPIENT', 'SIZE', 'STATUS', 'RETRIES', 'NEXT ATTEMPT', 'LAST REPLY'],
    entries.map((e) => [
      ...[e.id, e.from === '' ? '<>' : e.from, e.recipient, sizeText(e.size), statusText(e), e.retry_count],
      ...[e.status === 'pending' ? timeText(e.next_retry) : '', oneLine(e.last_reply ?? '')],
    ]),
  )
}

const shown = (stats: QueueStatsReply): string =>
  [
    `messages   ${stats.messages}`,
    `pending    ${stats.pending}`,
    `trying     ${stats.claimed}`,
    `held       ${stats.held}`,
    `failed     ${stats.failed}`,
    `oldest     ${stats.oldest === null ? '(none)' : timeText(stats.oldest)}`,
    `paused     ${stats.paused}`,
  ].join('\n')
