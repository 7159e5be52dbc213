/** Log lines of the server as a whole; those of a protocol are in its own catalogue. */
import { event } from '../core/log.js'

export const certificateCreated = event<{ certificate: string; names: readonly string[]; valid_days: number }>(
  'info',
  'Self-signed certificate created',
)
export const certificatesLoaded = event<{ certificate: string; sites: number; valid_until: string }>(
  'info',
  'TLS certificates loaded',
)
export const certificateExpiring = event<{ certificate: string; valid_until: string; days_left: number }>(
  'warn',
  'TLS certificate is about to expire',
)
export const certificateExpired = event<{ certificate: string; valid_until: string }>(
  'error',
  'TLS certificate has expired',
)
export const certificateNotYetValid = event<{ certificate: string; valid_from: string }>(
  'error',
  'TLS certificate is not valid yet',
)
export const certificateNameFault = event<{ certificate: string; name: string }>(
  'warn',
  'TLS certificate does not cover a name',
)
export const certificateChainFault = event<{ certificate: string; problem: string }>(
  'warn',
  'TLS certificate chain is not in order',
)
export const acceptFailed = event<{ port: number; error: string; suppressed: number }>(
  'error',
  'Connection could not be accepted',
)
export const sessionFault = event<{ client_ip: string; error: string; stack: string }>(
  'error',
  'Session ended by a fault',
)
export const tlsHandshakeFailed = event<{ port: number; client_ip: string; error: string; suppressed: number }>(
  'info',
  'TLS handshake failed',
)
export const socketOpened = event<{ service: string; path: string }>('info', 'Unix socket opened')
export const proxyNotTrusted = event<{ port: number; client_ip: string }>(
  'warn',
  'Connection refused: not from a configured proxy',
)
export const proxyHeaderRefused = event<{ port: number; proxy_ip: string; error: string }>(
  'warn',
  'Connection refused: PROXY header missing or wrong',
)
export const adminStarted = event<{ ports: readonly number[]; control: string }>('info', 'Admin server started')
export const shutdownRequested = event<{ signal: string }>('info', 'Shutdown requested')
export const shutdownForced = event<{ signal: string; sessions: number }>('warn', 'Shutdown forced by a second signal')
export const sessionsDestroyed = event<{ service: string; sessions: number; waited_ms: number }>(
  'warn',
  'Sessions closed at the end of the shutdown period',
)
export const serverStopped = event<{ total_duration_ms: number }>('info', 'Server stopped')
export const configurationReloaded = event<{ changed: readonly string[]; needs_restart: readonly string[] }>(
  'info',
  'Configuration reloaded',
)
export const reloadFailed = event<{ error: string }>('error', 'Configuration was not reloaded')
export const unhandledFault = event<{ error: string; stack: string }>('fatal', 'Unhandled fault')
