/** The mail services as a table: what each listener speaks, and how it says that there is no room. */
import type { Config, Service } from '../core/config.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import * as imap from '../imap/events.js'
import * as smtp from '../smtp/events.js'
import { replies } from '../smtp/reply.js'
import type { Rejection } from './entrance.js'

export type Family = 'smtp' | 'imap'
export type MailService = Exclude<Service, 'admin'>

interface ServiceRow {
  readonly family: Family
  /** True: the TLS handshake comes before the first word (RFC 8314 §3). */
  readonly implicitTls: boolean
  /** True: one client may not take all the places. */
  readonly limitsAddresses: boolean
}

export const mailServices: { readonly [S in MailService]: ServiceRow } = {
  smtp: { family: 'smtp', implicitTls: false, limitsAddresses: true },
  submission: { family: 'smtp', implicitTls: false, limitsAddresses: true },
  submissions: { family: 'smtp', implicitTls: true, limitsAddresses: true },
  // Its clients are few, and trusted.
  lmtp: { family: 'smtp', implicitTls: false, limitsAddresses: false },
  imap: { family: 'imap', implicitTls: false, limitsAddresses: true },
  imaps: { family: 'imap', implicitTls: true, limitsAddresses: true },
}

interface FamilyRow {
  /** What is said to one too many, and to one who comes during a shutdown: whole, with CRLF. */
  readonly noRoom: string
  readonly closing: string
  readonly maxPerAddress: (config: Config) => number
  /** What a shutdown waits for its sessions, in milliseconds. */
  readonly shutdownMs: number
  readonly started: (log: Log, ports: readonly number[], maxConnections: number, version: string) => void
  readonly rejected: (log: Log, rejection: Rejection) => void
  readonly stopped: (log: Log, graceful: boolean, completed: number, durationMs: number) => void
}

const started = (ports: readonly number[], max_connections: number, version: string) => ({
  ports,
  tls_enabled: true,
  max_connections,
  version,
})
const rejected = ({ port, current, rejectedIp, max }: Rejection) => ({
  port,
  current_connections: current,
  rejected_ip: rejectedIp,
  max_connections: max,
})
const stopped = (graceful: boolean, active_sessions_completed: number, total_duration_ms: number) => ({
  graceful,
  active_sessions_completed,
  total_duration_ms,
})

export const families: { readonly [F in Family]: FamilyRow } = {
  smtp: {
    noRoom: replies.tooManyConnections.wire,
    closing: replies.shuttingDown.wire,
    maxPerAddress: (config) => config.smtp.limits.maxConnectionsPerAddress,
    shutdownMs: serverLimits.smtpShutdown,
    started: (log, ...args) => smtp.serverStarted(log, started(...args)),
    rejected: (log, rejection) => smtp.connectionLimitReached(log, rejected(rejection)),
    stopped: (log, ...args) => smtp.serverShutdown(log, stopped(...args)),
  },
  imap: {
    noRoom: '* BYE Maximum connections reached\r\n',
    closing: '* BYE Server is shutting down\r\n',
    maxPerAddress: (config) => config.imap.limits.maxConnectionsPerAddress,
    shutdownMs: serverLimits.imapShutdown,
    started: (log, ...args) => imap.serverStarted(log, started(...args)),
    rejected: (log, rejection) => imap.connectionLimitReached(log, rejected(rejection)),
    stopped: (log, ...args) => imap.serverShutdown(log, stopped(...args)),
  },
}

export const familyNames = ['smtp', 'imap'] as const satisfies readonly Family[]

export const isFamily = (service: Service, family: Family): boolean =>
  service !== 'admin' && mailServices[service].family === family
