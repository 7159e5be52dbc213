/** Runs the server until it is told to stop. */
import { resolve } from 'node:path'
import { systemClock } from '../core/clock.js'
import { type Config, loadConfig } from '../core/config.js'
import { localConfig } from '../core/config-local.js'
import { systemRandom } from '../core/ids.js'
import { createLogger, type Logger } from '../core/logger.js'
import { StartupError } from '../server/errors.js'
import { unhandledFault } from '../server/events.js'
import { localAccounts, localGreeting } from '../server/local-profile.js'
import { type RunningServer, startServer } from '../server/main.js'
import { supervise } from '../server/signals.js'
import { version } from '../server/version.js'
import { UsageError } from './errors.js'
import type { Output } from './output.js'
import { localFolder } from './site.js'

export interface ServeOptions {
  readonly config?: string
  readonly data?: string
  readonly portBase?: number
}

/** @returns the exit code, when the server has ended. @throws ConfigError, StartupError, UsageError */
export async function serve(options: ServeOptions, out: Output): Promise<number> {
  const config = await load(options)
  const log = createLogger({ level: config.log.level })
  dieOfFaults(log)
  const surroundings = { config, clock: systemClock, random: systemRandom, log, logger: log }
  const server = await startServer(surroundings).catch((error: unknown) => {
    throw options.config === undefined ? withWayOut(error) : error
  })
  if (options.config === undefined) await greet(config, server, out)
  return supervise(server, {
    signals: process,
    log,
    load: () => load(options),
    applied: (next) => {
      log.level = next.log.level
    },
  })
}

async function load({ config, data, portBase: base }: ServeOptions): Promise<Config> {
  if (config === undefined)
    return localConfig({
      dataDir: resolve(data ?? localFolder),
      env: process.env,
      ...(base === undefined ? {} : { portBase: base }),
    })
  if (base !== undefined || data !== undefined)
    throw new UsageError('--port-base and --data are for the local profile: with --config, the file says it')
  return loadConfig(config, process.env)
}

/** Who has not chosen the ports may not know how to choose others. */
function withWayOut(error: unknown): unknown {
  if (!(error instanceof StartupError)) return error
  const taken = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE'
  return taken ? new StartupError(`${error.message}; --port-base N moves all ports`, error.cause) : error
}

async function greet({ dataDir }: Config, server: RunningServer, out: Output): Promise<void> {
  try {
    const accounts = await localAccounts(server.accounts, dataDir, systemRandom)
    out.print(localGreeting({ version, dataDir, control: server.control, listeners: server.listeners, accounts }))
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** After an error that nobody expected nothing can be relied upon; what was acknowledged is on disk. */
function dieOfFaults(log: Logger): void {
  const die = (reason: unknown): void => {
    const { message, stack } = reason instanceof Error ? reason : new Error(String(reason))
    unhandledFault(log, { error: message, stack: stack ?? '' })
    process.exit(1)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}
