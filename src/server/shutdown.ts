/** The end of a server: who comes is sent away, what runs completes, then everything is closed. */
import type { Clock } from '../core/clock.js'
import type { Log } from '../core/log.js'
import type { Store } from '../store/store.js'
import type { ActiveSessions } from './active-sessions.js'
import type { AdminServers } from './admin-servers.js'
import type { Duties } from './duties.js'
import { serverStopped, sessionsDestroyed } from './events.js'
import type { Listener } from './listeners.js'
import type { Outbound } from './outbound.js'
import { type Family, families, familyNames, isFamily } from './services.js'

export interface ShutdownParts {
  readonly listeners: readonly Listener[]
  readonly admin: AdminServers
  readonly sessions: ActiveSessions
  readonly duties: Duties
  readonly outbound: Outbound
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Resolves when the data folder is free for the next server. */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const begun = parts.clock.now()
  for (const listener of parts.listeners) listener.turnAway()
  parts.sessions.stop()
  const sent = parts.outbound.stop()
  const served = familyNames.filter((family) => parts.listeners.some(({ service }) => isFamily(service, family)))
  await Promise.all(served.map((family) => endFamily(family, parts, begun)))
  await Promise.all(parts.listeners.map((listener) => listener.close()))
  await parts.admin.close()
  await Promise.all([parts.duties.stop(), sent])
  await parts.store.close()
  serverStopped(parts.log, { total_duration_ms: parts.clock.now() - begun })
}

async function endFamily(family: Family, { sessions, clock, log }: ShutdownParts, begun: number): Promise<void> {
  const { shutdownMs, stopped } = families[family]
  const { completed, destroyed } = await sessions.drain(family, shutdownMs)
  if (destroyed > 0) sessionsDestroyed(log, { service: family, sessions: destroyed, waited_ms: shutdownMs })
  stopped(log, destroyed === 0, completed, clock.now() - begun)
}
