/** posthorn token: who may use the admin port. */
import type { Command } from 'commander'
import { addToken, listTokens, revokeToken } from '../admin/tokens.js'
import { withAdmin } from './connect.js'
import { json, type Output, table, timeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface TokenOptions extends SiteOptions {
  readonly json?: true
}

export function tokenCommands(program: Command, out: Output): void {
  const token = program.command('token').description('who may use the admin port')
  withSite(token.command('add').description('make a token; it is printed this once').argument('<name>'))
    .option('--json', 'for programs')
    .action((name: string, options: TokenOptions) =>
      withAdmin(options, async (client) => {
        const made = await client.call(addToken, { name })
        out.print(options.json ? json(made) : made.token)
      }),
    )
  withSite(token.command('list').description('names, and since when'))
    .option('--json', 'for programs')
    .action((options: TokenOptions) =>
      withAdmin(options, async (client) => {
        const { tokens } = await client.call(listTokens, {})
        const rows = tokens.map((t) => [t.name, timeText(t.created_at)])
        out.print(options.json ? json(tokens) : table(['NAME', 'CREATED'], rows))
      }),
    )
  withSite(token.command('revoke').description('nobody gets in with it from now on').argument('<name>')).action(
    (name: string, options: TokenOptions) =>
      withAdmin(options, async (client) => {
        await client.call(revokeToken, { name })
        out.print(`token ${name} revoked`)
      }),
  )
}
