/** posthorn alias: addresses whose mail goes to others. */
import type { Command } from 'commander'
import { type AliasReply, addAlias, listAliases, removeAlias, removeAliasTarget } from '../admin/aliases.js'
import { withAdmin } from './connect.js'
import { json, type Output, table } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface ListOptions extends SiteOptions {
  readonly domain?: string
  readonly json?: true
}

export function aliasCommands(program: Command, out: Output): void {
  const alias = program.command('alias').description('addresses whose mail goes to others')

  withSite(
    alias
      .command('add')
      .description('add targets to an alias; it is made if it is not there')
      .argument('<address>')
      .argument('<target...>', 'addresses of users, of aliases, or elsewhere'),
  ).action((address: string, targets: string[], options: SiteOptions) =>
    withAdmin(options, async (client) => {
      const added = await client.call(addAlias, { address, targets })
      out.print(`alias ${added.address} leads to ${targetsOf(added).join(', ')}`)
    }),
  )

  withSite(alias.command('list').description('list all, or those of one domain'))
    .option('--domain <name>', 'only those of this domain')
    .option('--json', 'for programs')
    .action(({ domain, json: asJson, ...site }: ListOptions) =>
      withAdmin(site, async (client) => {
        const { aliases } = await client.call(listAliases, domain === undefined ? {} : { domain })
        const rows = aliases.map((one) => [one.address, targetsOf(one).join(', ')])
        out.print(asJson ? json(aliases) : table(['ADDRESS', 'TARGETS'], rows))
      }),
    )

  withSite(
    alias
      .command('remove')
      .description('take targets from an alias, or remove it; it goes with its last target')
      .argument('<address>')
      .argument('[target...]', 'these alone; without any, the whole alias'),
  ).action((address: string, targets: string[], options: SiteOptions) =>
    withAdmin(options, async (client) => {
      for (const target of targets) await client.call(removeAliasTarget, { address, target })
      if (targets.length === 0) await client.call(removeAlias, { address })
      out.print(targets.length === 0 ? `alias ${address} removed` : `${targets.join(', ')} removed from ${address}`)
    }),
  )
}

const targetsOf = ({ targets, dead_targets }: AliasReply): string[] =>
  targets.map((target) => (dead_targets.includes(target) ? `${target} (leads nowhere)` : target))
