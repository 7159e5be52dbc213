/** posthorn app-password: passwords beside the main one, each for one program. */
import { type Command, Option } from 'commander'
import { type AppPasswordReply, addAppPassword, listAppPasswords, revokeAppPassword } from '../admin/app-passwords.js'
import { quoted } from '../core/quoted.js'
import { withAdmin } from './connect.js'
import { json, type Output, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface AddOptions extends SiteOptions {
  readonly for?: 'smtp' | 'imap'
  readonly json?: true
}

export function appPasswordCommands(program: Command, out: Output): void {
  const appPassword = program.command('app-password').description('passwords beside the main one, for single programs')
  addCommand(appPassword, out)

  withSite(appPassword.command('list').description('list those of a user').argument('<address>'))
    .option('--json', 'for programs')
    .action((address: string, { json: asJson, ...site }: SiteOptions & { json?: true }) =>
      withAdmin(site, async (client) => {
        const { app_passwords } = await client.call(listAppPasswords, { address })
        const rows = app_passwords.map((one) => [
          one.name,
          uses(one),
          timeText(one.created_at),
          timeText(one.last_used),
        ])
        out.print(asJson ? json(app_passwords) : table(['NAME', 'FOR', 'SINCE', 'LAST USED'], rows))
      }),
    )

  withSite(appPassword.command('revoke').description('take one away').argument('<address>').argument('<name>')).action(
    (address: string, name: string, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        await client.call(revokeAppPassword, { address, name })
        out.print(`app password ${quoted(name)} of ${address} revoked`)
      }),
  )
}

function addCommand(appPassword: Command, out: Output): void {
  withSite(
    appPassword
      .command('add')
      .description('make one; it is printed now and never again')
      .argument('<address>')
      .argument('<name>', 'what it is for, as "Phone"'),
  )
    .addOption(new Option('--for <protocol>', 'for this protocol alone').choices(['smtp', 'imap']))
    .option('--json', 'for programs')
    .action((address: string, name: string, { for: only, json: asJson, ...site }: AddOptions) =>
      withAdmin(site, async (client) => {
        const uses = only === undefined ? {} : { smtp: only === 'smtp', imap: only === 'imap' }
        const made = await client.call(addAppPassword, { address, name, ...uses })
        out.print(asJson ? json(made) : made.password)
      }),
    )
}

const uses = ({ smtp, imap }: AppPasswordReply): string =>
  [smtp ? 'smtp' : '', imap ? 'imap' : ''].filter((protocol) => protocol !== '').join(', ')
