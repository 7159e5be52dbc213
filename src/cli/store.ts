/** posthorn store: the data as a whole. */
import type { Command } from 'commander'
import { checkStore } from '../admin/store.js'
import { withAdmin } from './connect.js'
import { CommandError } from './errors.js'
import { json, type Output } from './output.js'
import { type SiteOptions, withSite } from './site.js'

export function storeCommands(program: Command, out: Output): void {
  const store = program.command('store').description('the data as a whole')
  withSite(store.command('check').description('hold all data against each other; works while mail flows'))
    .option('--json', 'for programs')
    .action((options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const { problems } = await client.call(checkStore, {})
        if (options.json) out.print(json(problems))
        else if (problems.length === 0) out.print('all is well')
        else for (const { kind, detail } of problems) out.print(`${kind}: ${detail}`)
        if (problems.length > 0)
          throw new CommandError(`${problems.length} problem${problems.length === 1 ? '' : 's'} found`)
      }),
    )
}
