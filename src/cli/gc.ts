/** posthorn store gc: away with what no message has any more. */
import type { Command } from 'commander'
import { collectGarbage } from '../admin/store.js'
import { withAdmin } from './connect.js'
import { json, type Output, sizeText } from './output.js'
import { type SiteOptions, withSite } from './site.js'

interface GcOptions extends SiteOptions {
  readonly json?: true
  readonly dryRun?: true
}

export function gcCommand(store: Command, out: Output): void {
  withSite(store.command('gc').description('take away what no message has any more; works while mail flows'))
    .option('--dry-run', 'only say what would go')
    .option('--json', 'for programs')
    .action((options: GcOptions) =>
      withAdmin(options, async (client) => {
        const found = await client.call(collectGarbage, { dry_run: options.dryRun === true })
        if (options.json) return out.print(json(found))
        const { contents, files, spool } = found
        const rows = [
          ['contents without a message', contents.count, sizeText(contents.bytes)],
          ['files that the database does not know', files.count, sizeText(files.bytes)],
          ['leftovers of messages that were arriving', spool.count, sizeText(spool.bytes)],
        ] as const
        const verb = options.dryRun ? 'would go' : 'removed'
        for (const [what, count, size] of rows) out.print(`${what}: ${count} ${verb} (${size})`)
        out.print(`notes of old deliveries: ${found.deliveries} ${verb}`)
        out.print(`notes of expunged messages: ${found.expunged} ${verb}`)
        if (found.contents_in_use > 0)
          out.print(`contents that a session still reads: ${found.contents_in_use} go later`)
        if (found.files_in_doubt > 0)
          out.print(
            `files that may be mail whose rows are lost: ${found.files_in_doubt} stay, run "posthorn store repair"`,
          )
      }),
    )
}
