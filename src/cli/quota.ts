/** posthorn quota: how much users keep, and how much they may. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AdminClient } from '../admin/client.js'
import {
  listQuotas,
  type QuotaReply,
  recalculateQuota,
  recalculateQuotas,
  setQuota,
  showQuota,
} from '../admin/quotas.js'
import { parseSize } from '../core/units.js'
import { withAdmin } from './connect.js'
import { UsageError } from './errors.js'
import { json, type Output, sizeText, table } from './output.js'
import { type SiteOptions, withSite } from './site.js'

/** 0: no limit. (commander makes an empty text of null.) */
type Limit = number | 'default'

interface QuotaOptions extends SiteOptions {
  readonly size?: Limit
  readonly messages?: Limit
  readonly level?: '80' | '90' | '95'
  readonly all?: true
  readonly json?: true
}

export function quotaCommands(program: Command, out: Output): void {
  const quota = program.command('quota').description('how much users keep, and how much they may')
  /** A subcommand that prints quotas: of one user in full, of several as a table. */
  const printing = (command: Command, work: (client: AdminClient, rest: QuotaOptions, address?: string) => Answer) =>
    withSite(command)
      .option('--json', 'for programs')
      .action(async (...args: unknown[]) => {
        // commander gives the arguments, then the options, then the command.
        const address = typeof args[0] === 'string' ? args[0] : undefined
        const options = args.at(-2) as QuotaOptions
        await withAdmin(options, async (client) => {
          const answer = await work(client, options, address)
          out.print(options.json ? json(answer) : 'address' in answer ? shown(answer) : listed(answer))
        })
      })

  printing(
    quota.command('show').description('what a user keeps and may keep').argument('<address>'),
    (client, _, address = '') => client.call(showQuota, { address }),
  )
  printing(
    quota
      .command('set')
      .description('set what a user may keep; nothing that is there goes')
      .argument('<address>')
      .option('--size <size>', 'such as 5GiB; "unlimited"; "default": as the configuration has it', sizeLimit)
      .option('--messages <number>', 'the same of messages', countLimit),
    (client, { size, messages }, address = '') => {
      if (size === undefined && messages === undefined)
        throw new UsageError('nothing to set: give --size SIZE or --messages NUMBER')
      const given = {
        ...(size !== undefined && { limit_bytes: orNull(size) }),
        ...(messages !== undefined && { limit_messages: orNull(messages) }),
      }
      return client.call(setQuota, { address, ...given })
    },
  )
  printing(
    quota
      .command('recalculate')
      .description('count anew from the messages')
      .argument('[address]')
      .option('--all', 'of all users'),
    async (client, { all }, address) => {
      if ((address === undefined) !== (all === true)) throw new UsageError('give an address, or --all')
      const call =
        address === undefined ? client.call(recalculateQuotas, {}) : client.call(recalculateQuota, { address })
      return (await call).quotas
    },
  )
  printing(
    quota
      .command('list')
      .description('all users, or those who have used much')
      .addOption(new Option('--level <percent>', 'who has used so many per cent').choices(['80', '90', '95'])),
    (client, { level }) => allQuotas(client, level),
  )
}

/** Page by page, so that no answer of the server is large. */
async function allQuotas(client: AdminClient, level: QuotaOptions['level']): Promise<readonly QuotaReply[]> {
  const all: QuotaReply[] = []
  for (let after: string | undefined; ; ) {
    const { quotas, next } = await client.call(listQuotas, { level, after })
    all.push(...quotas)
    if (next === null) return all
    after = next
  }
}

type Answer = Promise<QuotaReply | readonly QuotaReply[]>

const orNull = (limit: Limit): number | null => (limit === 'default' ? null : limit)

const limitOf =
  (parse: (text: string) => number | null, wanted: string) =>
  (text: string): Limit => {
    if (text === 'default') return text
    if (text === 'unlimited') return 0
    const limit = parse(text)
    if (limit === null) throw new InvalidArgumentError(`must be ${wanted}, "unlimited" or "default"`)
    return limit
  }

const sizeLimit = limitOf(parseSize, 'a size such as 5GiB')
const countLimit = limitOf((text) => (/^\d{1,9}$/.test(text) ? Number(text) : null), 'a whole number')

const limitText = (limit: number, text: (limit: number) => string): string => (limit === 0 ? 'unlimited' : text(limit))

const listed = (quotas: readonly QuotaReply[]): string =>
  table(
    ['ADDRESS', 'USED', 'LIMIT', 'MESSAGES', 'LIMIT', '%', 'LEVEL'],
    quotas.map((q) => [
      q.address,
      sizeText(q.used_bytes),
      limitText(q.limit_bytes, sizeText),
      q.messages,
      limitText(q.limit_messages, String),
      q.percentage,
      q.level,
    ]),
  )

const shown = (q: QuotaReply): string =>
  [
    `address   ${q.address}`,
    `used      ${sizeText(q.used_bytes)} of ${limitText(q.limit_bytes, sizeText)}${source(q.own_limit_bytes)}`,
    `messages  ${q.messages} of ${limitText(q.limit_messages, String)}${source(q.own_limit_messages)}`,
    `level     ${q.level} (${q.percentage} %)`,
  ].join('\n')

const source = (own: number | null): string => (own === null ? ' (as configured)' : '')
