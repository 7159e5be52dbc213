/** The ports of the mail services, all or none. */
import { TLSSocket } from 'node:tls'
import type { Config, ListenerConfig } from '../core/config.js'
import type { Log } from '../core/log.js'
import { socketOpened } from './events.js'
import { type Listener, listen } from './listeners.js'
import { type Family, families, familyNames, isFamily, type MailService, mailServices } from './services.js'
import { type Parts, serveConnection } from './sessions.js'
import { version } from './version.js'

/** @throws StartupError; then none of them is open */
export async function openMailListeners(parts: Parts): Promise<readonly Listener[]> {
  const open: Listener[] = []
  const wanted = parts.config().listeners.entries()
  try {
    for (const [index, listener] of wanted)
      if (isMail(listener)) open.push(await openMailListener(index, listener, parts))
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close()))
    throw error
  }
  return open
}

type MailListenerConfig = ListenerConfig & { readonly service: MailService }
const isMail = (config: ListenerConfig): config is MailListenerConfig => config.service !== 'admin'

function openMailListener(index: number, listener: MailListenerConfig, parts: Parts): Promise<Listener> {
  const { service } = listener
  const { family, implicitTls, limitsAddresses } = mailServices[service]
  const row = families[family]
  const desk = {
    limits: () => ({
      maxConnections: parts.config().listeners[index]?.maxConnections ?? listener.maxConnections,
      maxPerAddress: limitsAddresses ? row.maxPerAddress(parts.config()) : 0,
    }),
    accept: (socket, ends) => void serveConnection(service, socket, ends, parts),
    refusal: row.noRoom,
    closing: row.closing,
    // A client that waits for a handshake could not read words in clear.
    secured: implicitTls ? (socket) => new TLSSocket(socket, { isServer: true, ...parts.tls() }) : null,
    rejected: (rejection) => row.rejected(parts.log, rejection),
  } satisfies Parameters<typeof listen>[1]
  return listen(listener, desk, parts.clock, parts.log)
}

/** The lines of requirement §1.1 and §1.4 that tell of a start. */
export function announceMail(open: readonly Listener[], config: Config, log: Log): void {
  for (const family of familyNames) announce(family, open, config, log)
  for (const { service, address, port } of open) if (port === 0) socketOpened(log, { service, path: address })
}

function announce(family: Family, open: readonly Listener[], config: Config, log: Log): void {
  const own = open.filter(({ service }) => isFamily(service, family))
  if (own.length === 0) return
  const most = Math.max(...config.listeners.filter((l) => isFamily(l.service, family)).map((l) => l.maxConnections))
  families[family].started(
    log,
    own.flatMap(({ port }) => (port === 0 ? [] : [port])),
    most,
    version,
  )
}
