/** One listener: which of its keys go together, and between the settings and the ListenerConfig in both directions. */
import { resolve } from 'node:path'
import type { z } from 'zod'
import type { ListenerConfig } from './config.js'
import type { Settings } from './config-schema.js'
import { isLoopback } from './ip-network.js'
import { imapLimits, smtpLimits } from './limits.js'

type ListenerSettings = Settings['listener'][number]
type Loose = { readonly [K in keyof ListenerSettings]?: unknown }

export const anyAddress = '0.0.0.0'

/** For whoever reaches the socket may connect; no one else is asked for anything. */
const OWNER_AND_GROUP = 0o660

/** Says all that is wrong, whatever else was refused. */
export function keysFit(listener: Loose, cx: z.RefinementCtx): void {
  const complain = (key: keyof ListenerSettings, message: string): void =>
    cx.addIssue({ code: 'custom', path: [key], message })
  if (listener.path === undefined) tcpKeysFit(listener, complain)
  else unixKeysFit(listener, complain)
  if (listener.trusted === true && listener.service !== 'lmtp') complain('trusted', 'is for lmtp alone')
}

type Complain = (key: keyof ListenerSettings, message: string) => void

function tcpKeysFit(listener: Loose, complain: Complain): void {
  const { service, address = anyAddress, port, mode, trusted, proxy_protocol, proxy_from } = listener
  if (port === undefined) complain('port', 'is missing')
  if (mode !== undefined) complain('mode', 'is of a socket that has a path')
  if (service === 'lmtp' && trusted !== true && typeof address === 'string' && !isLoopback(address))
    complain(
      'address',
      `${address} can be reached by others, who may deliver anything by lmtp: set trusted = true if they are to`,
    )
  if (proxy_protocol === true && service === 'admin') complain('proxy_protocol', 'is not for admin')
  if (proxy_protocol === true && proxy_from === undefined) complain('proxy_from', 'is missing: proxy_protocol needs it')
  if (proxy_protocol !== true && proxy_from !== undefined) complain('proxy_from', 'is without proxy_protocol = true')
}

function unixKeysFit(listener: Loose, complain: Complain): void {
  if (listener.service !== 'lmtp') complain('path', 'is for lmtp alone')
  for (const key of ['address', 'port', 'proxy_from'] as const)
    if (listener[key] !== undefined) complain(key, 'does not go together with path')
  if (listener.proxy_protocol === true) complain('proxy_protocol', 'does not go together with path')
}

/** A relative path is relative to `baseDir`. */
export function toListener(settings: ListenerSettings, baseDir: string): ListenerConfig {
  const { service, address = anyAddress, port = 0, path, mode = OWNER_AND_GROUP, trusted, proxy_from = [] } = settings
  const preset = service.startsWith('imap') ? imapLimits.maxConnections : smtpLimits.maxConnections
  const shared = { service, maxConnections: settings.max_connections ?? preset }
  if (path !== undefined) return { kind: 'unix', ...shared, path: resolve(baseDir, path), mode }
  return { kind: 'tcp', ...shared, address, port, trusted, proxyFrom: proxy_from }
}

/** The inverse. */
export function listenerSettings(listener: ListenerConfig): ListenerSettings {
  const { service, maxConnections: max_connections } = listener
  const shared = { service, max_connections, trusted: false, proxy_protocol: false }
  if (listener.kind === 'unix') return { ...shared, path: listener.path, mode: listener.mode }
  const { address, port, trusted, proxyFrom } = listener
  const proxy = proxyFrom.length === 0 ? {} : { proxy_protocol: true, proxy_from: [...proxyFrom] }
  return { ...shared, address, port, trusted, ...proxy }
}
