/** A session with a server that takes our mail: opened as its route wants it, then one transaction behind the other. */
import type { SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/ids.js'
import { isLoopback } from '../core/ip-network.js'
import { clientLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { Connection } from '../wire/connection.js'
import type { Capabilities } from './client-capabilities.js'
import { ClientConnection } from './client-connection.js'
import { ClientContent } from './client-content.js'
import { type Fit, type FittedRecipient, fitOf, isChunked, mailLine, rcptLine, tooLarge } from './client-envelope.js'
import { ClientOpening } from './client-opening.js'
import { ClientTransaction, type TransactionEnd } from './client-transaction.js'
import { hostAt } from './connect.js'
import {
  type HopHost,
  HostTrouble,
  type OutboundMail,
  type OutboundSession,
  type RouteSettings,
  type TlsPolicy,
  type Transaction,
  type Verdict,
} from './contracts.js'
import { tlsGivenUp } from './events.js'
import { Transcript } from './transcript.js'

export interface SessionOptions {
  /** Whom we want to talk to: the name that its certificate has to have. */
  readonly host: Pick<HopHost, 'name'>
  readonly settings: Pick<RouteSettings, 'tls' | 'credentials'>
  /** What EHLO says that we are called. */
  readonly hostname: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Whose certificates are trusted; left out: those that Node trusts. */
  readonly trust?: SecureContext
}

/**
 * Goes through everything up to MAIL. `connect` gives a connection on which nothing has been read, in clear also where
 * the route has TLS from the first octet; it is asked for a second one where the handshake failed and the route does
 * without. @throws HostTrouble, and what `connect` throws
 */
export async function openSession(
  connect: () => Promise<Connection>,
  options: SessionOptions,
): Promise<OutboundSession> {
  const transcript = new Transcript()
  const opened = await attempt(await connect(), options.settings.tls, transcript, options)
  if (opened instanceof Session) return opened
  tlsGivenUp(options.log, opened)
  transcript.note('connecting again, without TLS')
  const again = await attempt(await reconnected(connect, transcript), 'none', transcript, options)
  if (again instanceof Session) return again
  throw new Error('a session without TLS has failed at TLS')
}

/** What was said before is told as well where it fails. */
async function reconnected(connect: () => Promise<Connection>, transcript: Transcript): Promise<Connection> {
  try {
    return await connect()
  } catch (error) {
    if (!(error instanceof HostTrouble)) throw error
    const { reply, permanent } = error
    throw new HostTrouble(reply, { permanent, transcript: transcript.take() + error.transcript })
  }
}

interface WithoutTls {
  readonly host: string
  readonly error: string
}

async function attempt(
  connection: Connection,
  tls: TlsPolicy,
  transcript: Transcript,
  { host, settings, hostname, clock, random, trust }: SessionOptions,
): Promise<Session | WithoutTls> {
  const { address } = connection.remote
  // An address literal stands in brackets, which are not in a certificate (RFC 5321 §4.1.3).
  const serverName = host.name.replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1')
  const label = hostAt(host.name, address)
  transcript.note(`connected to ${label}`)
  transcript.trace = connection.trace
  const wire = new ClientConnection(connection, { clock, transcript, serverName, ...(trust && { trust }) })
  const { credentials } = settings
  const loopback = isLoopback(address)
  const machine = new ClientOpening({ hostname, host: label, tls, credentials, loopback, random })
  const end = await wire.run(machine, clientLimits.openingTime)
  if (end.kind === 'ready') return new Session(wire, transcript, label, end.capabilities)
  wire.leave()
  if (end.kind === 'in-clear') return { host: label, error: end.why }
  throw new HostTrouble(end.reply, { permanent: end.permanent, transcript: transcript.take() })
}

class Session implements OutboundSession {
  readonly host: string
  readonly #wire: ClientConnection
  readonly #transcript: Transcript
  readonly #can: Capabilities
  #transactions = 0
  /** The next transaction begins with RSET. */
  #reset = false
  #usable = true
  #busy = false

  constructor(wire: ClientConnection, transcript: Transcript, host: string, can: Capabilities) {
    this.host = host
    this.#wire = wire
    this.#transcript = transcript
    this.#can = can
    wire.rest()
  }

  get tls(): string | null {
    return this.#wire.connection.tls?.version ?? null
  }

  get usable(): boolean {
    const { transactions } = this.#can
    return this.#usable && !this.#wire.stale && (transactions === null || this.#transactions < transactions)
  }

  transcript(): string {
    return this.#transcript.take()
  }

  async deliver(mail: OutboundMail): Promise<Transaction> {
    if (this.#busy) throw new Error('a session has one transaction at a time')
    this.#busy = true
    try {
      return await this.#deliver(mail)
    } finally {
      this.#busy = false
    }
  }

  async end(): Promise<void> {
    const { connection } = this.#wire
    const polite = this.#usable && !this.#wire.stale && !this.#busy
    this.#usable = false
    if (polite)
      await this.#wire.quit().then(
        () => connection.end(),
        () => connection.destroy(),
      )
    else connection.destroy()
  }

  destroy(): void {
    this.#usable = false
    this.#wire.connection.destroy()
  }

  async #deliver(mail: OutboundMail): Promise<Transaction> {
    const fit = fitOf(mail, this.#can, this.host)
    if ('refused' in fit) return refused(mail, fit.refused)
    const content = await mail.content.open(fit.form)
    if (content === null) return refused(mail, `554 5.6.3 The message has no form that ${this.host} takes`)
    const large = tooLarge(content.size, fit, this.#can, this.host)
    if (large !== null) return refused(mail, large)
    const { now, others } = this.#split(fit)
    if (now.length === 0) return inOrder(mail, others, null)
    const octets = new ClientContent(content.octets)
    const machine = this.#transaction(mail, fit, now, content.size)
    const end = await this.#run(machine, octets, content.size)
    return inOrder(mail, [...end.verdicts, ...others], end.hostTrouble)
  }

  /** Who is in this transaction, and what becomes of the others (RFC 9422 §4.2: RCPTMAX). */
  #split({ recipients }: Fit): { readonly now: readonly Named[]; readonly others: readonly Verdict[] } {
    const named = recipients.filter((one): one is Named => one.path !== null)
    const now = named.slice(0, this.#can.recipients ?? named.length)
    const over = named.slice(now.length).map(({ recipient }): Verdict => {
      return { recipient, kind: 'again', reply: `452 4.5.3 ${this.host} takes ${now.length} recipients at once` }
    })
    const unnamed = recipients.flatMap(({ recipient, reply }): Verdict[] =>
      reply === null ? [] : [{ recipient, kind: 'refused', reply }],
    )
    return { now, others: [...over, ...unnamed] }
  }

  #transaction(mail: OutboundMail, fit: Fit, named: readonly Named[], size: number): ClientTransaction {
    const { dsn, pipelining } = this.#can
    return new ClientTransaction({
      mail: mailLine(mail, fit, this.#can, size),
      recipients: named.map(({ recipient, path, dsn: wish }) => ({ recipient, line: rcptLine(path, wish, fit, dsn) })),
      chunked: isChunked(size, fit, this.#can) ? size : null,
      ...{ pipelining, reports: dsn, reset: this.#reset, reused: this.#transactions > 0, host: this.host },
    })
  }

  async #run(machine: ClientTransaction, content: ClientContent, size: number): Promise<TransactionEnd> {
    try {
      const { transactionTime, contentRate } = clientLimits
      const end = await this.#wire.run(machine, transactionTime + (1000 * size) / contentRate, content)
      this.#transactions++
      this.#reset = end.reset
      if (end.usable) this.#wire.rest()
      else this.destroy()
      return end
    } catch (error) {
      this.destroy()
      throw error
    } finally {
      await content.close()
    }
  }
}

type Named = Extract<FittedRecipient, { readonly reply: null }>

const refused = ({ recipients }: OutboundMail, reply: string): Transaction => ({
  verdicts: recipients.map(({ recipient }) => ({ recipient, kind: 'refused', reply })),
  hostTrouble: null,
})

function inOrder(mail: OutboundMail, verdicts: readonly Verdict[], hostTrouble: string | null): Transaction {
  const byRecipient = new Map(verdicts.map((verdict) => [verdict.recipient, verdict]))
  const ordered = mail.recipients.flatMap(({ recipient }) => byRecipient.get(recipient) ?? [])
  return { verdicts: ordered, hostTrouble }
}
