/** From a stream to a session: ids, log, connection, implicit TLS, then the protocol. */
import type { Duplex } from 'node:stream'
import type { Authenticator, Directory, SendingRights } from '../accounts/contracts.js'
import type { QuotaAlerts } from '../accounts/quota-alerts.js'
import type { QuotaRoom } from '../accounts/quota-room.js'
import type { SendingMeter } from '../accounts/sending.js'
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import { newId, type Random } from '../core/ids.js'
import type { Log } from '../core/log.js'
import { serveImap } from '../imap/session.js'
import { serveSmtp } from '../smtp/session.js'
import type { Store } from '../store/store.js'
import { Connection, type TlsOptions } from '../wire/connection.js'
import { Trace } from '../wire/trace.js'
import { Disconnected } from '../wire/writer.js'
import type { ActiveSession, ActiveSessions } from './active-sessions.js'
import type { Ends } from './entrance.js'
import { sessionFault } from './events.js'
import { type MailService, mailServices } from './services.js'
import type { TlsFailures } from './tls-failures.js'

/** Everything that sessions share, composed once. */
export interface Parts {
  /** Asked by each new session, so that a reload counts from then on. */
  readonly config: () => Config
  readonly store: Store
  readonly directory: Directory
  readonly authenticator: Authenticator
  readonly rights: SendingRights
  readonly meter: SendingMeter
  readonly quota: QuotaRoom
  readonly alerts: QuotaAlerts
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Asked at each handshake. */
  readonly tls: () => TlsOptions
  readonly tlsFailures: TlsFailures
  readonly sessions: ActiveSessions
}

/**
 * Serves one client to the end of its connection. Takes any stream, so that tests need no network.
 * Never rejects: what goes wrong is logged and ends this connection alone.
 */
export function serveConnection(service: MailService, stream: Duplex, ends: Ends, parts: Parts): Promise<void> {
  const arrival = { id: newId(parts.random), service, clientIp: ends.remote.address, stream }
  return parts.sessions.run(arrival, (session) => serveSession(session, ends, parts))
}

async function serveSession(session: ActiveSession, ends: Ends, parts: Parts): Promise<void> {
  const { id, stream } = session.arrival
  const log = parts.log.child({ connection_id: newId(parts.random), session_id: id })
  const trace = log.isLevelEnabled('trace') ? new Trace(log) : null
  const connection = new Connection(stream, { clock: parts.clock, ...ends, trace })
  try {
    if (await secured(session, connection, ends, parts, log)) await serve(session, connection, log, parts)
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    sessionFault(log, { client_ip: ends.remote.address, error: message, stack: stack ?? '' })
  } finally {
    connection.destroy()
  }
}

/** The TLS handshake where the service begins with one (RFC 8314 §3). False: it failed, there is no client. */
async function secured(
  { arrival: { service }, signal }: ActiveSession,
  connection: Connection,
  { local, remote }: Ends,
  parts: Parts,
  log: Log,
): Promise<boolean> {
  if (!mailServices[service].implicitTls) return true
  // Nobody who shakes hands has begun anything that should be waited for.
  const leave = (): void => connection.destroy()
  signal.addEventListener('abort', leave)
  try {
    await connection.startTls(parts.tls())
    return true
  } catch (error) {
    if (!(error instanceof Disconnected)) throw error
    parts.tlsFailures.report(log, { port: local.port, client_ip: remote.address, error: error.message })
    return false
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function serve(session: ActiveSession, connection: Connection, log: Log, { config, ...parts }: Parts): Promise<void> {
  const { hostname, smtp, imap, auth, quota } = config()
  const { id: sessionId, service } = session.arrival
  const own = { sessionId, log, presence: session, stopping: session.signal }
  const shared = { ...parts, ...own, hostname, mechanisms: auth.mechanisms }
  if (service === 'imap' || service === 'imaps') return serveImap(connection, { ...shared, ...imap, service })
  return serveSmtp(connection, { ...shared, ...smtp, service, quotaReply: quota.reply })
}
