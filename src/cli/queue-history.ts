/** posthorn queue history, transcript: what became of recipients, and what was said. */
import { type Command, Option } from 'commander'
import { type FinishedReply, listFinished, showTranscript } from '../admin/queue-history.js'
import { oneLine } from '../core/quoted.js'
import { withAdmin } from './connect.js'
import { json, type Output, table, timeText } from './output.js'
import { allPages } from './pages.js'
import { type WhoOptions, wholeNumber, whoOf, withWho } from './queue-filter.js'
import { type SiteOptions, withSite } from './site.js'

interface HistoryOptions extends WhoOptions {
  readonly outcome?: FinishedReply['outcome']
  readonly limit: number
}

/** Lines of a listing where nothing is said: the history may have millions. */
const USUAL_LINES = 1000

export function historyCommands(queue: Command, out: Output): void {
  const outcome = new Option('--outcome <outcome>', 'only those with whom it went so')
  withWho(withSite(queue.command('history').description('recipients that are done, the latest first')))
    .addOption(outcome.choices(['delivered', 'failed', 'dropped', 'bounced']))
    .option('--limit <n>', 'at most so many', wholeNumber, USUAL_LINES)
    .action((options: HistoryOptions) => history(options, out))
  withSite(
    queue
      .command('transcript')
      .description('what was said at the last attempt')
      .argument('<id>', 'queue id')
      .argument('<recipient>', 'as the listing has it'),
  )
    .option('--json', 'for programs')
    .action((id: string, recipient: string, options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const found = await client.call(showTranscript, { id, recipient })
        out.print(options.json ? json(found) : found.transcript.trimEnd().split(/\r?\n/).map(oneLine).join('\n'))
      }),
    )
}

const history = (options: HistoryOptions, out: Output): Promise<void> =>
  withAdmin(options, async (client) => {
    const filter = { ...whoOf(options), ...(options.outcome === undefined ? {} : { outcome: options.outcome }) }
    const found = await allPages(options.limit, async (limit, after: number | undefined) => {
      const { finished: items, next } = await client.call(listFinished, { ...filter, after, limit })
      return { items, next }
    })
    const columns = ['ID', 'FROM', 'RECIPIENT', 'OUTCOME', 'FINISHED', 'RETRIES', 'HOST', 'REPLY'] as const
    out.print(options.json ? json(found) : outcomeTable(found, columns))
  })

const cells: { readonly [column: string]: (f: FinishedReply) => string | number } = {
  ID: (f) => f.id,
  FROM: (f) => (f.from === '' ? '<>' : f.from),
  RECIPIENT: (f) => f.recipient,
  OUTCOME: (f) => f.outcome,
  FINISHED: (f) => timeText(f.finished_at),
  RETRIES: (f) => f.retry_count,
  HOST: (f) => f.host ?? '',
  REPLY: (f) => oneLine(f.reply ?? ''),
}

export const outcomeTable = (found: readonly FinishedReply[], columns: readonly string[]): string =>
  table(
    columns,
    found.map((f) => columns.map((column) => cells[column]?.(f) ?? '')),
  )
