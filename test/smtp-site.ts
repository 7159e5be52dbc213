/** SMTP sessions with everything around them made up: accounts, store, clock, log, and a client that collects. */
import type { Duplex } from 'node:stream'
import type {
  Attempt,
  Authenticator,
  Directory,
  Resolution,
  SendingRights,
  Verdict,
} from '../src/accounts/contracts.js'
import { QuotaRoom } from '../src/accounts/quota-room.js'
import { SendingMeter } from '../src/accounts/sending.js'
import { FakeClock } from '../src/core/clock.js'
import type { AccountId, MailboxId } from '../src/core/ids.js'
import { type SmtpLimits, smtpLimits } from '../src/core/limits.js'
import type { Log } from '../src/core/log.js'
import type { SmtpContext, SmtpService } from '../src/smtp/context.js'
import { serveSmtp } from '../src/smtp/session.js'
import type { Quota } from '../src/store/quota.js'
import type { Acceptance, SendingSwitches } from '../src/store/store.js'
import { Connection, type ConnectionOptions, type TlsInfo, type TlsOptions } from '../src/wire/connection.js'
import { Trace } from '../src/wire/trace.js'
import { FakeSpool } from './fake-spool.js'
import { type Line, recordingLog } from './log-recorder.js'
import { streamPair } from './stream-pair.js'

export const MESSAGE = 'Subject: x\r\n\r\nhello\r\n'
/** Everything up to the message. */
export const TO_ALICE = ['EHLO client.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<alice@posthorn.test>', 'DATA']
export const b64 = (text: string): string => Buffer.from(text).toString('base64')
/** RFC 4616 §2, in base64 */
export const plain = (username: string, password: string): string => b64(`\0${username}\0${password}`)

export const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

/** Long enough for everything that needs no timer to have happened. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 12; i++) await settled()
}

/** As a connection behind implicit TLS looks to the session. */
class SecureConnection extends Connection {
  override get tls(): TlsInfo | null {
    return super.tls ?? { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', serverName: null }
  }
}

export class SmtpSite {
  readonly clock = new FakeClock(Date.UTC(2024, 1, 29, 12))
  readonly accepted: { readonly message: Acceptance; readonly text: string }[] = []
  readonly spools: FakeSpool[] = []
  readonly attempts: Attempt[] = []
  readonly log: Line[] = []
  readonly stopping = new AbortController()
  /** What the next calls of these throw or wait for. */
  acceptFailure: Error | null = null
  /** Mailboxes that say that they have every message already. */
  duplicates: readonly MailboxId[] = []
  spoolFailure: Error | null = null
  directoryFailure: Error | null = null
  limits: SmtpLimits = smtpLimits
  /** Tests about something else are greeted at once. */
  greetingDelay = 0
  bareNewline: SmtpContext['bareNewline'] = 'reject'
  eightBitHeader: SmtpContext['eightBitHeader'] = 'accept'
  tls: (() => TlsOptions) | null = () => {
    throw new Error('this site has no certificate')
  }
  traced = false

  readonly directory: Directory = {
    resolve: async (localPart, domain): Promise<Resolution> => {
      if (this.directoryFailure !== null) throw this.directoryFailure
      if (domain !== '' && domain.toLowerCase() !== 'posthorn.test') return { kind: 'remote' }
      const name = localPart.toLowerCase()
      if (name === 'disabled') return { kind: 'disabled' }
      const n = ['alice', 'bob', 'postmaster'].indexOf(name)
      if (n === -1) return { kind: 'unknown-user' }
      return { kind: 'local', account: n as AccountId, mailbox: n as MailboxId, address: `${name}@posthorn.test` }
    },
  }

  mechanisms: SmtpContext['mechanisms'] = ['PLAIN', 'LOGIN']

  /** What CRAM-MD5 and SCRAM are tested with. */
  lookUp: Authenticator['lookUp'] = () => Promise.reject(new Error('this site knows no secrets'))

  /** The password says what the verdict is. */
  readonly authenticator: Authenticator = {
    lookUp: (attempt) => this.lookUp(attempt),
    verify: async (attempt): Promise<Verdict> => {
      this.attempts.push(attempt)
      if (attempt.password === 'fault') throw new Error('the disk of passwords is gone')
      if (attempt.password === 'secret') return { kind: 'accepted', account: 0 as AccountId, address: attempt.username }
      for (const kind of ['throttled', 'disabled', 'not-allowed'] as const)
        if (attempt.password === kind) return { kind }
      return { kind: 'invalid' }
    },
  }

  /** Whom the user may write as, besides the own address. */
  sendAs: SendingSwitches['sendAs'] = 'own'
  readonly rights: SendingRights = {
    switches: async () => ({ sendAs: this.sendAs, messagesPerHour: null, recipientsPerHour: null }),
    owns: async (user, localPart, domain) => this.sendAs === 'any' || user === `${localPart}@${domain}`,
  }
  readonly meter = new SendingMeter({ clock: this.clock })
  /** What RCPT finds; null: no quota. */
  quotaFound: Quota | null = null
  quotaReply: SmtpContext['quotaReply'] = 'permanent'
  readonly quota = new QuotaRoom({ findQuota: async () => this.quotaFound })

  readonly store: SmtpContext['store'] = {
    newSpool: () => {
      const spool = new FakeSpool()
      spool.failure = this.spoolFailure
      this.spools.push(spool)
      return spool
    },
    accept: async (message) => {
      if (this.acceptFailure !== null) throw this.acceptFailure
      const { content } = message.blob
      if (content.kind === 'memory')
        this.accepted.push({ message, text: Buffer.from(content.bytes).toString('latin1') })
      return { duplicates: this.duplicates, overQuota: [] }
    },
  }

  readonly sink: Log = recordingLog(this.log)

  /** Opens a connection in memory; `secure` as if TLS had been there from the start. */
  connect(service: SmtpService = 'smtp', { secure = service === 'submissions' } = {}): SmtpPeer {
    const [near, far] = streamPair()
    const options: ConnectionOptions = {
      clock: this.clock,
      local: { address: '192.0.2.1', port: 25 },
      remote: { address: '192.0.2.9', port: 40_000 },
      trace: this.traced ? new Trace(this.sink) : null,
    }
    const connection = secure ? new SecureConnection(near, options) : new Connection(near, options)
    return new SmtpPeer(far, this.serve(connection, service))
  }

  serve(connection: Connection, service: SmtpService): Promise<void> {
    return serveSmtp(connection, {
      ...this,
      service,
      hostname: 'mx.posthorn.test',
      sessionId: 's1',
      log: this.sink,
      limits: { ...this.limits, greetingDelay: this.greetingDelay },
      random: (n) => Buffer.alloc(n, this.spools.length),
      presence: { enter: () => {}, count: () => 0 },
      stopping: this.stopping.signal,
    })
  }

  lines(message: string): readonly Line[] {
    return this.log.filter((line) => line.message === message)
  }
}

/** The client's end. */
export class SmtpPeer {
  readonly stream: Duplex
  readonly served: Promise<void>
  /** All that has come. */
  text = ''
  #read = 0
  over = false

  constructor(stream: Duplex, served: Promise<void>) {
    this.stream = stream
    this.served = served.finally(() => {
      this.over = true
    })
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
    })
    // A socket's end is answered by its own; the session waits for that.
    stream.on('end', () => stream.end())
    stream.on('error', () => {})
  }

  /** Sends octets as they are, and gives what came since the last time. */
  async send(octets: string | Buffer = ''): Promise<string> {
    if (octets.length > 0) this.stream.write(typeof octets === 'string' ? Buffer.from(octets) : octets)
    await quiet()
    const news = this.text.slice(this.#read)
    this.#read = this.text.length
    return news
  }

  /** Sends lines, each of them after the answer to the one before, and gives what came since. */
  async say(...lines: readonly string[]): Promise<string> {
    let news = ''
    for (const line of lines) news += await this.send(`${line}\r\n`)
    return news
  }

  /** Sends pieces one by one, ends, and gives all that came. */
  async play(pieces: readonly Buffer[]): Promise<string> {
    for (const piece of pieces) {
      this.stream.write(piece)
      await settled()
    }
    await quiet()
    if (!this.over) this.stream.end()
    await this.served
    return this.text
  }
}
