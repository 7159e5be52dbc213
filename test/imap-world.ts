/** A mail server of one account in memory, and IMAP sessions with it over a stream pair and a clock moved by hand. */
import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { Attempt, Authenticator, Verdict } from '../src/accounts/contracts.js'
import { QuotaAlerts } from '../src/accounts/quota-alerts.js'
import { FakeClock } from '../src/core/clock.js'
import type { AccountId, MailboxId } from '../src/core/ids.js'
import { type ImapLimits, imapLimits, storeLimits } from '../src/core/limits.js'
import type { ImapContext } from '../src/imap/context.js'
import { serveImap } from '../src/imap/session.js'
import type { Flags } from '../src/store/changes.js'
import type { Store } from '../src/store/store.js'
import { Connection, type TlsInfo, type TlsOptions } from '../src/wire/connection.js'
import { Trace } from '../src/wire/trace.js'
import { type Line, recordingLog } from './log-recorder.js'
import { ModelStore } from './model-store.js'
import { streamPair } from './stream-pair.js'

/** A connection that says it is encrypted, so that tests need no handshake. */
class SecureConnection extends Connection {
  override get tls(): TlsInfo {
    return { version: 'TLSv1.3', cipher: 'none', serverName: null }
  }
}

export interface SessionOptions {
  /** Without TLS and before the login. */
  readonly service?: 'imap' | 'imaps'
  readonly login?: boolean
  readonly tls?: (() => TlsOptions) | null
  /** The ends of the connection: the server's, then the client's. Without: in memory. */
  readonly ends?: readonly [Duplex, Duplex]
}

export class World {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1))
  readonly lines: Line[] = []
  readonly stopping = new AbortController()
  store: Store = new ModelStore(this.clock)
  limits: ImapLimits = imapLimits
  account = 0 as AccountId
  inbox = 0 as MailboxId
  readonly attempts: Attempt[] = []
  authenticator: Authenticator = {
    verify: (attempt) => this.#verify(attempt),
    lookUp: () => Promise.reject(new Error('this world knows no secrets')),
  }
  readonly alerts = new QuotaAlerts()
  administrators: readonly string[] = []
  mechanisms: ImapContext['mechanisms'] = ['PLAIN', 'LOGIN']
  #sessions = 0

  /** `pendingChanges`: after so many a session has lost track. `store`: an empty one, other than the model. */
  static async create(
    limits: Partial<ImapLimits> = {},
    mailboxes: readonly string[] = ['Sent'],
    pendingChanges: number = storeLimits.pendingChanges,
    store?: Store,
  ): Promise<World> {
    const world = new World()
    world.store = store ?? new ModelStore(world.clock, { pendingChanges })
    world.limits = { ...imapLimits, ...limits }
    await world.store.addDomain('example.org')
    const made = ['INBOX', ...mailboxes].map((name) => ({ name, specialUse: name === 'Sent' ? '\\Sent' : null }))
    const user = { address: 'alice@example.org', displayName: '', passwordHash: '', mailboxes: made }
    world.account = (await world.store.addUser(user)).id
    world.inbox = (await world.store.listMailboxes(world.account))[0]?.id as MailboxId
    return world
  }

  /** Puts a message into INBOX from outside. */
  async deliver(text = 'Subject: hello\r\n\r\nhello\r\n', flags: Flags = { system: 0, keywords: [] }): Promise<void> {
    const spool = this.store.newSpool()
    await spool.write(Buffer.from(text))
    const blob = await spool.seal()
    await this.store.append(this.inbox, [{ blob, flags, internalDate: this.clock.now(), internalZone: 0 }])
  }

  async connect(options: SessionOptions = {}): Promise<ImapClient> {
    const { service = 'imaps', login = true, tls = null, ends: [server, client] = streamPair() } = options
    const log = recordingLog(this.lines)
    const remote = { address: '192.0.2.1', port: 40_000 }
    const about = { clock: this.clock, local: { address: '192.0.2.9', port: 993 }, remote, trace: new Trace(log) }
    const connection = service === 'imaps' ? new SecureConnection(server, about) : new Connection(server, about)
    const cx: ImapContext = {
      service,
      hostname: 'mail.example.org',
      store: this.store,
      authenticator: this.authenticator,
      mechanisms: this.mechanisms,
      clock: this.clock,
      random: (n) => Buffer.alloc(n),
      sessionId: `s${++this.#sessions}`,
      log,
      tls,
      limits: this.limits,
      administrators: this.administrators,
      alerts: this.alerts,
      presence: { enter: () => {}, count: () => 0 },
      stopping: this.stopping.signal,
    }
    const session = new ImapClient(client, connection, serveImap(connection, cx))
    session.greeting = await session.hear()
    if (login) await session.say('login LOGIN alice secret\r\n')
    return session
  }

  async #verify(attempt: Attempt): Promise<Verdict> {
    this.attempts.push(attempt)
    if (attempt.password === 'disabled') return { kind: 'disabled' }
    if (attempt.password === 'throttled') return { kind: 'throttled' }
    if (attempt.password !== 'secret') return { kind: 'invalid' }
    return { kind: 'accepted', account: this.account, address: 'alice@example.org' }
  }
}

export class ImapClient {
  readonly stream: Duplex
  readonly connection: Connection
  greeting = ''
  /** Resolves when the server has done with this session; never rejects. */
  readonly over: Promise<void>
  #over = false
  #received: Buffer[] = []

  constructor(stream: Duplex, connection: Connection, served: Promise<void>) {
    this.stream = stream
    this.connection = connection
    this.over = served.then(() => {
      this.#over = true
    })
    stream.on('data', (chunk: Buffer) => this.#received.push(chunk))
    stream.on('end', () => stream.end())
    stream.on('error', () => {})
  }

  get closed(): boolean {
    return this.#over
  }

  /** Sends, and gives what comes until the server waits again. */
  async say(...pieces: readonly (string | Buffer)[]): Promise<string> {
    for (const piece of pieces) {
      this.stream.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
      if (pieces.length > 1) await turn()
    }
    return this.hear()
  }

  /** What came until it is what was waited for, whatever the server does then: shaking hands, for one. */
  async until(pattern: RegExp, turns = Number.POSITIVE_INFINITY): Promise<string> {
    for (let i = 0; i < turns; i++) {
      if (pattern.test(Buffer.concat(this.#received).toString('latin1'))) return this.take()
      await turn()
    }
    throw new Error(`no ${pattern} came, but ${this.take()}`)
  }

  send(octets: string): void {
    this.stream.write(Buffer.from(octets, 'latin1'))
  }

  /** What came until the server waits for the client, or is gone. */
  async hear(): Promise<string> {
    let quiet = 0
    for (let last = -1; quiet < 4; last = this.#received.length) {
      await turn()
      const still = last === this.#received.length && (this.#over || this.connection.waiting)
      quiet = still ? quiet + 1 : 0
    }
    return this.take()
  }

  /** What came so far. */
  take(): string {
    const text = Buffer.concat(this.#received).toString('latin1')
    this.#received = []
    return text
  }
}
