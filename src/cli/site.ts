/** Which server a command is about: a configuration file, or the folder of the local profile. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, loadConfig } from '../core/config.js'
import { localConfig } from '../core/config-local.js'
import { CommandError, UsageError } from './errors.js'

export interface SiteOptions {
  readonly config?: string
  readonly data?: string
}

export const localFolder = 'data'

/** For commands that look at a server which is there already. */
export const withSite = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration of the server; without it, that of the local profile is used')
    .option('--data <dir>', `data folder of the local profile (default: ./${localFolder})`)

/** @throws UsageError, ConfigError; CommandError when the local profile has never been started here */
export async function siteConfig({ config, data }: SiteOptions): Promise<Config> {
  if (config !== undefined && data !== undefined) throw new UsageError('--config and --data exclude each other')
  if (config !== undefined) return loadConfig(config, process.env)
  const dataDir = resolve(data ?? localFolder)
  if (!existsSync(dataDir))
    throw new CommandError(
      `there is no data folder ${dataDir}: start the server once, or name one with --config FILE or --data DIR`,
    )
  return localConfig({ dataDir, env: process.env })
}
