/** posthorn domain: which domains are ours. */
import type { Command } from 'commander'
import { addDomain, listDomains, removeDomain } from '../admin/domains.js'
import { withAdmin } from './connect.js'
import { json, type Output, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

export function domainCommands(program: Command, out: Output): void {
  const domain = program.command('domain').description('the domains whose mail is ours')

  withSite(domain.command('add').description('take a domain in').argument('<name>')).action(
    (name: string, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        const added = await client.call(addDomain, { name })
        out.print(`domain ${added.name} added`)
      }),
  )

  withSite(domain.command('list').description('list them').option('--json', 'for programs')).action(
    (options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const { domains } = await client.call(listDomains, {})
        const rows = domains.map(({ name, users, created_at }) => [name, users, timeText(created_at)])
        out.print(options.json ? json(domains) : table(['DOMAIN', 'USERS', 'SINCE'], rows))
      }),
  )

  withSite(domain.command('remove').description('give one up; it must have no users').argument('<name>')).action(
    (name: string, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        await client.call(removeDomain, { name })
        out.print(`domain ${name} removed`)
      }),
  )
}
