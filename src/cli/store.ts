/** posthorn store: the data as a whole. */
import type { Command } from 'commander'
import { checkStore, repairStore } from '../admin/store.js'
import { backupCommands } from './backup.js'
import { withAdmin } from './connect.js'
import { CommandError } from './errors.js'
import { gcCommand } from './gc.js'
import { json, type Output } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface Told {
  readonly kind: string
  readonly detail: string
}

export function storeCommands(program: Command, out: Output): void {
  const store = program.command('store').description('the data as a whole')
  withSite(store.command('check').description('hold all data against each other; works while mail flows'))
    .option('--json', 'for programs')
    .action((options: SiteOptions & { json?: true }) =>
      withAdmin(options, async (client) => {
        const { problems } = await client.call(checkStore, {})
        if (options.json) out.print(json(problems))
        else if (problems.length === 0) out.print('all is well')
        else tell(out, problems)
        if (problems.length > 0) throw new CommandError(`${problemCount(problems)} found`)
      }),
    )
  repairCommand(store, out)
  backupCommands(store, out)
  gcCommand(store, out)
}

interface RepairOptions extends SiteOptions {
  readonly json?: true
  readonly dryRun?: true
}

function repairCommand(store: Command, out: Output): void {
  withSite(store.command('repair').description('set right what check finds; damaged mail moves to DATA/quarantine'))
    .option('--dry-run', 'only say what would be set right')
    .option('--json', 'for programs')
    .action((options: RepairOptions) =>
      withAdmin(options, async (client) => {
        const { done, left } = await client.call(repairStore, { dry_run: options.dryRun === true })
        if (options.json) out.print(json({ done, left }))
        else if (done.length + left.length === 0) out.print('all is well: there was nothing to repair')
        else tell(out, [...done, ...left.map(({ kind, detail }) => ({ kind: `not repaired: ${kind}`, detail }))])
        if (left.length > 0)
          throw new CommandError(`${problemCount(left)} cannot be repaired in place: restore a backup`)
      }),
    )
}

const problemCount = ({ length }: readonly Told[]): string => `${length} problem${length === 1 ? '' : 's'}`

function tell(out: Output, told: readonly Told[]): void {
  for (const { kind, detail } of told) out.print(`${kind}: ${detail}`)
}
