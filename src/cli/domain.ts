/** posthorn domain: which domains are ours, and their rules. */
import type { Command } from 'commander'
import { addDomain, type DomainReply, listDomains, removeDomain, setDomain, showDomain } from '../admin/domains.js'
import { withAdmin } from './connect.js'
import { UsageError } from './errors.js'
import { json, type Output, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'
import { onOff, type Switch } from './switch.js'

interface SetOptions extends SiteOptions {
  readonly catchAll?: readonly string[]
  readonly subaddress?: Switch
  readonly separator?: string
  readonly subaddressFolders?: Switch
}

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
        const rows = domains.map((d) => [d.name, d.users, d.aliases, timeText(d.created_at)])
        out.print(options.json ? json(domains) : table(['DOMAIN', 'USERS', 'ALIASES', 'SINCE'], rows))
      }),
  )

  showCommand(domain, out)
  setCommand(domain, out)

  withSite(
    domain.command('remove').description('give one up; it must have no users and no aliases').argument('<name>'),
  ).action((name: string, options: SiteOptions) =>
    withAdmin(options, async (client) => {
      await client.call(removeDomain, { name })
      out.print(`domain ${name} removed`)
    }),
  )
}

function showCommand(domain: Command, out: Output): void {
  withSite(domain.command('show').description('show one with its rules').argument('<name>'))
    .option('--json', 'for programs')
    .action((name: string, options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const found = await client.call(showDomain, { name })
        out.print(options.json ? json(found) : shown(found))
      }),
    )
}

function setCommand(domain: Command, out: Output): void {
  withSite(domain.command('set').description('change the rules of a domain').argument('<name>'))
    .option(
      '--catch-all <address>',
      'who gets mail for addresses that nobody has, as often as needed; "none": it is refused',
      (address: string, before: readonly string[] = []) => [...before, address],
    )
    .addOption(onOff('--subaddress', 'mail for user+detail reaches user'))
    .option('--separator <char>', 'what stands between user and detail')
    .addOption(onOff('--subaddress-folders', 'it goes into the mailbox "detail" where the user has one'))
    .action((name: string, options: SetOptions) =>
      withAdmin(options, async (client) => {
        const changed = await client.call(setDomain, { name, ...changesOf(options) })
        out.print(`domain ${changed.name} changed`)
      }),
    )
}

/** @throws UsageError when nothing is to be changed */
function changesOf({ catchAll, subaddress, separator, subaddressFolders }: SetOptions): Partial<DomainReply> {
  const changes = {
    ...(catchAll !== undefined && { catch_all: catchAll.join() === 'none' ? [] : [...catchAll] }),
    ...(subaddress !== undefined && { subaddress: subaddress === 'on' }),
    ...(separator !== undefined && { separator }),
    ...(subaddressFolders !== undefined && { subaddress_folders: subaddressFolders === 'on' }),
  }
  if (Object.keys(changes).length > 0) return changes
  throw new UsageError('nothing to set: give --catch-all, --subaddress, --separator or --subaddress-folders')
}

const shown = (domain: DomainReply): string =>
  [
    `domain        ${domain.name}`,
    `created       ${timeText(domain.created_at)}`,
    `users         ${domain.users}`,
    `aliases       ${domain.aliases}`,
    `catch-all     ${domain.catch_all.join(', ') || '(none)'}`,
    `subaddress    ${domain.subaddress ? `on: user${domain.separator}detail` : 'off'}`,
    `into folders  ${domain.subaddress_folders ? 'on' : 'off'}`,
  ].join('\n')
