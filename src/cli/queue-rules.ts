/** posthorn queue hold-rule, suppressions: which new mail is held, and to whom nothing is sent. */
import type { Command } from 'commander'
import { addHoldRule, listHoldRules, removeHoldRule } from '../admin/queue-hold-rules.js'
import { listSuppressed, suppress, unsuppress } from '../admin/queue-suppressions.js'
import { oneLine } from '../core/quoted.js'
import { withAdmin } from './connect.js'
import { UsageError } from './errors.js'
import { json, type Output, table, timeText } from './output.js'
import { allPages } from './pages.js'
import { type SiteOptions, withSite } from './site.js'

interface RuleOptions extends SiteOptions {
  readonly sender?: string
  readonly recipient?: string
  readonly json?: true
}

export function ruleCommands(queue: Command, out: Output): void {
  holdRuleCommands(queue.command('hold-rule').description('which new mail waits until it is released'), out)
  suppressionCommands(queue.command('suppressions').description('addresses to which nothing is sent'), out)
}

function holdRuleCommands(rule: Command, out: Output): void {
  withSite(rule.command('add').description('hold new mail that fits').argument('<name>'))
    .option('--sender <pattern>', 'address, or *@domain')
    .option('--recipient <pattern>', 'address, *@domain, or *@*.domain')
    .action((name: string, options: RuleOptions) => addRule(name, options, out))
  withSite(rule.command('list').description('list them, by name'))
    .option('--json', 'for programs')
    .action((options: RuleOptions) =>
      withAdmin(options, async (client) => {
        const { hold_rules } = await client.call(listHoldRules, {})
        const rows = hold_rules.map((r) => [r.name, r.sender ?? '', r.recipient ?? '', timeText(r.created_at)])
        out.print(options.json ? json(hold_rules) : table(['NAME', 'SENDER', 'RECIPIENT', 'SINCE'], rows))
      }),
    )
  withSite(
    rule.command('remove').description('hold no more by it; what it holds stays held').argument('<name>'),
  ).action((name: string, options: SiteOptions) =>
    withAdmin(options, async (client) => {
      await client.call(removeHoldRule, { name })
      out.print(`hold rule ${name} removed`)
    }),
  )
}

async function addRule(name: string, options: RuleOptions, out: Output): Promise<void> {
  const { sender, recipient } = options
  if (sender === undefined && recipient === undefined) throw new UsageError('give --sender, --recipient or both')
  await withAdmin(options, async (client) => {
    await client.call(addHoldRule, { name, sender, recipient })
    out.print(`hold rule ${name} added`)
  })
}

function suppressionCommands(suppressions: Command, out: Output): void {
  withSite(suppressions.command('add').description('send nothing to an address').argument('<address>'))
    .option('--reason <text>', 'why, for whoever reads the list')
    .action((address: string, { reason, ...site }: SiteOptions & { reason?: string }) =>
      withAdmin(site, async (client) => {
        const added = await client.call(suppress, { address, reason })
        out.print(`${added.address} suppressed`)
      }),
    )
  withSite(suppressions.command('list').description('list them, by address'))
    .option('--json', 'for programs')
    .action((options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const found = await allPages(undefined, async (limit, after: string | undefined) => {
          const { suppressions: items, next } = await client.call(listSuppressed, { after, limit })
          return { items, next }
        })
        const rows = found.map((s) => [s.address, timeText(s.since), oneLine(s.reason)])
        out.print(options.json ? json(found) : table(['ADDRESS', 'SINCE', 'REASON'], rows))
      }),
    )
  withSite(suppressions.command('remove').description('send to an address again').argument('<address>')).action(
    (address: string, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        await client.call(unsuppress, { address })
        out.print(`${address} is sent to again`)
      }),
  )
}
