/** posthorn queue destinations, pause, resume: what waits for which domain. */
import type { Command } from 'commander'
import { listDestinations, pauseDestination, resumeDestination } from '../admin/queue-destinations.js'
import { withAdmin } from './connect.js'
import { json, type Output, table, timeText } from './output.js'
import { allPages } from './pages.js'
import { wholeNumber } from './queue-filter.js'
import { type SiteOptions, withSite } from './site.js'

interface DestinationOptions extends SiteOptions {
  readonly limit?: number
  readonly json?: true
}

export function destinationCommands(queue: Command, out: Output): void {
  withSite(queue.command('destinations').description('what waits for each domain, by name'))
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--json', 'for programs')
    .action((options: DestinationOptions) => list(options, out))
  withSite(
    queue.command('pause').description('send nothing to a domain until it is resumed').argument('<domain>'),
  ).action((name: string, options: SiteOptions) =>
    withAdmin(options, async (client) => {
      await client.call(pauseDestination, { name })
      out.print(`${name} paused`)
    }),
  )
  withSite(queue.command('resume').description('send to a domain again').argument('<domain>')).action(
    (name: string, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        await client.call(resumeDestination, { name })
        out.print(`${name} resumed`)
      }),
  )
}

const list = (options: DestinationOptions, out: Output): Promise<void> =>
  withAdmin(options, async (client) => {
    const found = await allPages(options.limit, async (limit, after: string | undefined) => {
      const { destinations: items, next } = await client.call(listDestinations, { after, limit })
      return { items, next }
    })
    const rows = found.map((d) => [
      ...[d.destination, d.pending, d.held, d.oldest === null ? '' : timeText(d.oldest)],
      ...[d.next_retry === null ? '' : timeText(d.next_retry), d.paused ? 'paused' : ''],
    ])
    const columns = ['DESTINATION', 'PENDING', 'HELD', 'OLDEST', 'NEXT ATTEMPT', '']
    out.print(options.json ? json(found) : table(columns, rows))
  })
