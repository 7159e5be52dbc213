/** What signals and faults do to a server that runs: SIGTERM and SIGINT end it in order, a second one at once; SIGHUP reloads. */
import type { Config } from '../core/config.js'
import type { Log } from '../core/log.js'
import { reloadFailed, shutdownForced, shutdownRequested, unhandledFault } from './events.js'
import type { RunningServer } from './main.js'

/** The part of `process` that is needed: a test has another. */
export interface Signals {
  on(signal: string, listener: (signal: string) => void): unknown
  off(signal: string, listener: (signal: string) => void): unknown
}

export interface Supervision {
  readonly signals: Signals
  readonly log: Log
  /** Reads the configuration again. */
  readonly load: () => Promise<Config>
  /** Called with each configuration that was taken over. */
  readonly applied: (config: Config) => void
}

/** Resolves with the exit code when the server has ended or must end. */
export async function supervise(server: RunningServer, { signals, log, load, applied }: Supervision): Promise<number> {
  let last = Promise.resolve()
  const reloadOnce = async (): Promise<void> => {
    const config = await load()
    await server.reload(config)
    applied(config)
  }
  // One behind the other, so that what was read last is what is in force.
  const reload = (): void => {
    last = last.then(reloadOnce).catch((error: Error) => reloadFailed(log, { error: error.message }))
  }
  signals.on('SIGHUP', reload)
  const ended = await Promise.race([
    endedBySignal(server, signals, log),
    server.failed.then((error) => {
      unhandledFault(log, { error: error.message, stack: error.stack ?? '' })
      return 1
    }),
  ])
  signals.off('SIGHUP', reload)
  return ended
}

function endedBySignal(server: RunningServer, signals: Signals, log: Log): Promise<number> {
  return new Promise((resolve, reject) => {
    let asked = false
    const onSignal = (signal: string): void => {
      if (asked) {
        shutdownForced(log, { signal, sessions: server.sessions })
        resolve(1)
        return
      }
      asked = true
      shutdownRequested(log, { signal })
      server.stop().then(() => resolve(0), reject)
    }
    signals.on('SIGTERM', onSignal)
    signals.on('SIGINT', onSignal)
  })
}
