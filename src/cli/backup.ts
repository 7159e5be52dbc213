/** posthorn store backup and restore: a copy of all data, and data from a copy. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { backupStore, checkStore } from '../admin/store.js'
import { systemClock } from '../core/clock.js'
import { loadConfig } from '../core/config.js'
import { restore } from '../store/sqlite/restore.js'
import { withAdmin } from './connect.js'
import { CommandError, UsageError } from './errors.js'
import { json, type Output, sizeText, timeText } from './output.js'
import { localFolder, type SiteOptions, withSite } from './site.js'

interface BackupOptions extends SiteOptions {
  readonly json?: true
}

interface RestoreOptions extends BackupOptions {
  readonly keepUidValidity?: true
}

export function backupCommands(store: Command, out: Output): void {
  withSite(
    store.command('backup').description('copy all of the data to a folder; works while mail flows').argument('<dir>'),
  )
    .option('--json', 'for programs')
    .action((dir: string, options: BackupOptions) =>
      withAdmin(options, async (client) => {
        const done = await client.call(backupStore, { folder: resolve(dir) })
        if (options.json) return out.print(json(done))
        const { files_copied: copied, files_kept: kept, files_removed: removed } = done
        out.print(`${done.folder} has the data of ${timeText(done.taken_at)}`)
        out.print(`${done.messages} messages of ${done.users} users, database ${sizeText(done.database_bytes)}`)
        out.print(
          `files of large messages: ${copied} copied (${sizeText(done.bytes_copied)}), ${kept} kept, ${removed} removed`,
        )
        for (const what of done.not_included) out.print(`not included: ${what}`)
      }),
    )
  withSite(store.command('restore').description('make a data folder from a backup').argument('<backup>'))
    .option('--keep-uid-validity', 'clients go on where they were: only if nothing happened since the backup')
    .option('--json', 'for programs')
    .action((backup: string, options: RestoreOptions) => restoreFrom(resolve(backup), options, out))
}

/** @throws CommandError when the data is there and the check finds something */
async function restoreFrom(backup: string, options: RestoreOptions, out: Output): Promise<void> {
  const dir = await dataFolder(options)
  const keepUidValidity = options.keepUidValidity === true
  const { taken_at, counts, not_included } = restore({ backup, dir, at: systemClock.now(), keepUidValidity })
  const { problems } = await withAdmin(options, (client) => client.call(checkStore, {}))
  if (options.json) out.print(json({ folder: dir, taken_at, ...counts, not_included, problems }))
  else {
    out.print(`${dir} has the data of ${timeText(taken_at)}: ${counts.messages} messages of ${counts.users} users`)
    for (const what of not_included) out.print(`was not in the backup: ${what}`)
    for (const { kind, detail } of problems) out.print(`${kind}: ${detail}`)
  }
  if (problems.length > 0) throw new CommandError('the check found something: "posthorn store repair" sets it right')
}

/** Unlike that of other commands, it need not be there. */
async function dataFolder({ config, data }: SiteOptions): Promise<string> {
  if (config !== undefined && data !== undefined) throw new UsageError('--config and --data exclude each other')
  return config === undefined ? resolve(data ?? localFolder) : (await loadConfig(config, process.env)).dataDir
}
