/** posthorn log: how much a running server writes. */
import { Argument, type Command } from 'commander'
import { LEVELS, setLogLevel, showLogLevel } from '../admin/log-level.js'
import type { Level } from '../core/log.js'
import { withAdmin } from './connect.js'
import type { Output } from './output.js'
import { type SiteOptions, withSite } from './site.js'

export function logCommands(program: Command, out: Output): void {
  const log = program.command('log').description('how much a running server writes')
  const level = log.command('level').description('show the level, or set it until the next reload or restart')
  withSite(level)
    .addArgument(new Argument('[level]').choices(LEVELS))
    .action((wanted: Level | undefined, options: SiteOptions) =>
      withAdmin(options, async (client) => {
        const now =
          wanted === undefined ? await client.call(showLogLevel, {}) : await client.call(setLogLevel, { level: wanted })
        out.print(now.level)
      }),
    )
}
