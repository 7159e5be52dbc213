/** posthorn queue: what waits to be sent to other hosts. */
import { type Command, InvalidArgumentError } from 'commander'
import { listQueue } from '../admin/queue.js'
import { serverLimits } from '../core/limits.js'
import { withAdmin } from './connect.js'
import { json, type Output, sizeText, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface QueueOptions extends SiteOptions {
  readonly limit: number
  readonly json?: true
}

export function queueCommands(program: Command, out: Output): void {
  const queue = program.command('queue').description('what waits to be sent to other hosts')
  withSite(queue.command('list').description('recipients that wait, by next attempt'))
    .option('--limit <n>', `at most so many, up to ${serverLimits.queueListing}`, limit, 1000)
    .option('--json', 'for programs')
    .action((options: QueueOptions) =>
      withAdmin(options, async (client) => {
        const { entries } = await client.call(listQueue, { limit: options.limit })
        const rows = entries.map((e) => [
          ...[
            e.id,
            e.from === '' ? '<>' : e.from,
            e.recipient,
            sizeText(e.size),
            e.retry_count,
            timeText(e.next_retry),
          ],
        ])
        out.print(
          options.json ? json(entries) : table(['ID', 'FROM', 'RECIPIENT', 'SIZE', 'RETRIES', 'NEXT ATTEMPT'], rows),
        )
      }),
    )
}

function limit(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= serverLimits.queueListing) return value
  throw new InvalidArgumentError(`must be a whole number from 1 to ${serverLimits.queueListing}`)
}
