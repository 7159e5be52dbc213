/** posthorn mailbox: the folders of a user. */
import type { Command } from 'commander'
import { listMailboxes } from '../admin/mailboxes.js'
import { withAdmin } from './connect.js'
import { json, type Output, sizeText, table } from './output.js'
import { type SiteOptions, withSite } from './site.js'

export function mailboxCommands(program: Command, out: Output): void {
  const mailbox = program.command('mailbox').description('the folders of a user')
  withSite(mailbox.command('list').description('with their counters').argument('<address>'))
    .option('--json', 'for programs')
    .action((address: string, options: SiteOptions & { readonly json?: true }) =>
      withAdmin(options, async (client) => {
        const { mailboxes } = await client.call(listMailboxes, { address })
        const rows = mailboxes.map((m) => [m.name, m.messages, m.unseen, sizeText(m.size), m.special_use ?? ''])
        out.print(options.json ? json(mailboxes) : table(['NAME', 'MESSAGES', 'UNSEEN', 'SIZE', 'USE'], rows))
      }),
    )
}
