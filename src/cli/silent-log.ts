/** For commands that work on the data themselves: what goes wrong is their exit code and their one line. */
import type { Log } from '../core/log.js'

const nothing = (): void => {}

export const silentLog: Log = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentLog,
  isLevelEnabled: () => false,
}
