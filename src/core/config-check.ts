/** From the data of a file and the environment to a Config, or to all complaints at once. */
import type { Config } from './config.js'
import { toConfig } from './config-build.js'
import { applyEnvironment, type Environment } from './config-env.js'
import { ConfigError } from './config-error.js'
import { linesFor, wordsFor } from './config-issues.js'
import { settings } from './config-schema.js'
import type { TomlFile } from './config-toml.js'

/** Sets the overrides in `file.data`. @throws ConfigError */
export function checkSettings(file: TomlFile, fileName: string, env: Environment, baseDir: string): Config {
  const overrides = applyEnvironment(file.data, env)
  const result = settings.safeParse(file.data, { error: wordsFor })
  const lines = result.success ? [] : linesFor(result.error.issues, file, fileName, overrides)
  if (!result.success || overrides.lines.length > 0) throw new ConfigError([...lines, ...overrides.lines])
  return toConfig(result.data, baseDir)
}
