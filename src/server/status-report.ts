/** What the admin API says of the server, running or not. */
import type { Status } from '../admin/status.js'
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import type { Store } from '../store/store.js'
import type { BoundListener } from './listeners.js'
import { version } from './version.js'

/** Of a command that works on the data of a server that does not run. */
export const stoppedStatus = (config: Config, store: Store): Status => ({
  ...shared(config, store),
  running: false,
  started_at: null,
  uptime_seconds: null,
  listeners: [],
})

/** Asked again for each request: `open` grows while the server starts. */
export function runningStatus(
  config: () => Config,
  store: Store,
  open: readonly BoundListener[],
  clock: Clock,
): () => Status {
  const startedAt = clock.now()
  return () => ({
    ...shared(config(), store),
    running: true,
    started_at: new Date(startedAt).toISOString(),
    uptime_seconds: Math.floor((clock.now() - startedAt) / 1000),
    listeners: open.map(({ service, address, port, connections }) => ({ service, address, port, connections })),
  })
}

const shared = ({ hostname, dataDir }: Config, store: Store) => ({
  version,
  hostname,
  data_dir: dataDir,
  pid: process.pid,
  storage: store.storage().map(({ since, refused, ...fault }) => ({
    ...fault,
    since: new Date(since).toISOString(),
    requests_refused: refused,
  })),
})
