/** The Dialer: a connection to a host, and a session on it. */
import type { SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.js'
import { newId, type Random } from '../core/ids.js'
import type { Log } from '../core/log.js'
import type { Connection } from '../wire/connection.js'
import { Trace } from '../wire/trace.js'
import { connect } from './connect.js'
import type { Dialer, HopHost, OutboundSession, RouteSettings } from './contracts.js'
import { openSession } from './session.js'

export interface DialerParts {
  /** What EHLO says that we are called. */
  readonly hostname: string
  /** Our own addresses that connections come from: one of each family at most. */
  readonly sources: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Whose certificates are trusted; left out: those that Node trusts. */
  readonly trust?: SecureContext
}

export class SmtpDialer implements Dialer {
  readonly #parts: DialerParts

  constructor(parts: DialerParts) {
    this.#parts = parts
  }

  async open(host: HopHost, settings: RouteSettings): Promise<OutboundSession> {
    const { hostname, sources, clock, random, trust } = this.#parts
    const log = this.#parts.log.child({ connection_id: newId(random) })
    const trace = log.isLevelEnabled('trace') ? new Trace(log) : null
    const connected = async (): Promise<Connection> => {
      const { connection } = await connect(host, { clock, sources, trace })
      return connection
    }
    return openSession(connected, { host, settings, hostname, clock, random, log, ...(trust && { trust }) })
  }
}
