/** Our own server as a world: whole sessions over streams in memory, a store on disk, and a clock moved by hand. */
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext } from 'node:tls'
import { generate } from 'selfsigned'
import { composeAccounts } from '../src/accounts/compose.js'
import { BcryptPasswords } from '../src/accounts/password.js'
import { SECRET_KEY_OCTETS, Secrets } from '../src/accounts/secrets.js'
import type { AccountService } from '../src/accounts/service.js'
import { FakeClock } from '../src/core/clock.js'
import type { Config } from '../src/core/config.js'
import { localConfig, localDomain } from '../src/core/config-local.js'
import { newId, systemRandom } from '../src/core/ids.js'
import { wireLimits } from '../src/core/limits.js'
import { ActiveSessions } from '../src/server/active-sessions.js'
import { type Duties, startDuties } from '../src/server/duties.js'
import { mailServices } from '../src/server/services.js'
import { type Parts, serveConnection } from '../src/server/sessions.js'
import { TlsFailures } from '../src/server/tls-failures.js'
import { anybody, secured } from './client.js'
import { FaultLog } from './fault-log.js'
import { readFixture } from './files.js'
import type { Header, Service } from './header.js'
import { promptClock } from './prompt-clock.js'
import { Quiescence } from './quiescence.js'
import { Stall } from './stall.js'
import { StoreFolder } from './store-folder.js'
import { streamPair } from './stream-pair.js'
import { type Credentials, givenFor, givenNames, madeMessage, type Place, type World } from './world.js'

/** When every transcript begins. */
const START = Date.UTC(2026, 0, 1, 12)
/** bcrypt's least: transcripts are not about how long a password takes. */
const PASSWORD_COST = 4
/** The least that RFC 7677 §4 has, for the same reason. */
const SCRAM_ITERATIONS = 4096
/** What is sealed in one life of the server opens in the next. */
const SECRET_KEY = Buffer.alloc(SECRET_KEY_OCTETS, 1)
/** A span of time is passed in so many steps, so that what one timer starts can meet the next. */
const CLOCK_STEPS = 64

/** One store and one certificate, for all transcripts that are played one after the other. */
export class InProcess implements Place {
  readonly name = 'our server, in process'
  readonly #folder: StoreFolder
  readonly #tls: SecureContext

  private constructor(folder: StoreFolder, tls: SecureContext) {
    this.#folder = folder
    this.#tls = tls
  }

  static async create(): Promise<InProcess> {
    const pair = await generate([{ name: 'commonName', value: `mail.${localDomain}` }], { keyType: 'ec' })
    return new InProcess(await StoreFolder.create(), createSecureContext({ key: pair.private, cert: pair.cert }))
  }

  /** Everything can be done here. */
  cannot(): null {
    return null
  }

  async open(header: Header): Promise<World> {
    await this.#folder.clear(header.limits.store)
    const world = new OwnServer(header, this.#folder, this.#tls)
    await world.furnish()
    return world
  }

  close(): Promise<void> {
    return this.#folder.remove()
  }
}

class OwnServer implements World {
  readonly given: ReadonlyMap<string, string>
  readonly #header: Header
  readonly #folder: StoreFolder
  readonly #tls: SecureContext
  readonly #clock = new FakeClock(START)
  readonly #log = new FaultLog()
  readonly #quiescence = new Quiescence()
  readonly #stall = new Stall()
  readonly #streams = new Set<Duplex>()
  readonly #problems: string[] = []
  #sessions = 0
  #desk = new ActiveSessions(this.#clock)
  #parts: Parts
  #accounts: AccountService
  #duties: Duties

  constructor(header: Header, folder: StoreFolder, tls: SecureContext) {
    this.#header = header
    this.#folder = folder
    this.#tls = tls
    folder.clock = this.#clock
    this.given = new Map([
      ...givenNames(`mail.${localDomain}`, localDomain),
      ...header.users.flatMap((user) => givenFor(user, credentialsOf(user))),
    ])
    ;({ parts: this.#parts, accounts: this.#accounts, duties: this.#duties } = this.#compose())
  }

  readonly credentials = credentialsOf

  /** Users and messages, as the header has them. */
  async furnish(): Promise<void> {
    await this.#accounts.addDomain(localDomain)
    for (const user of this.#header.users) {
      const { username, password } = credentialsOf(user)
      await this.#accounts.addUser(username, password)
      if (this.#header.sendAsAny.includes(user)) await this.#accounts.setUser(username, { sending: { sendAs: 'any' } })
      const only = this.#header.access.find((one) => one.user === user)?.only
      if (only !== undefined)
        await this.#accounts.setUser(username, { access: { smtp: false, imap: false, [only]: true } })
      if (this.#header.disabled.includes(user)) await this.#accounts.disableUser(username)
    }
    for (const { user, resource, limit } of this.#header.quotas)
      await this.#accounts.quotas.set(credentialsOf(user).username, { [resource]: limit })
    await this.#furnishAddresses()
    const [owner = ''] = this.#header.users
    for (let i = 1; i <= this.#header.messages; i++) await this.#deliver(madeMessage(i), owner)
    for (const name of this.#header.mbox) await this.#deliver(await readFixture(name), owner)
  }

  async #furnishAddresses(): Promise<void> {
    const { aliases, domains, domainRules } = this.#header
    for (const domain of domains) await this.#accounts.addDomain(domain)
    for (const { address, target } of aliases) await this.#accounts.aliases.add(inDomain(address), [inDomain(target)])
    const { catchAll, subaddress: subaddressing, separator, folders: detailFolders } = domainRules
    const rules = { catchAll: catchAll === null ? [] : [inDomain(catchAll)], subaddressing, separator, detailFolders }
    await this.#accounts.aliases.setDomain(localDomain, rules)
  }

  async connect(service: Service): Promise<Duplex> {
    const [near, far] = streamPair(() => this.#quiescence.event())
    far.on('error', () => {})
    this.#streams.add(far)
    this.#sessions++
    const ends = { local: { address: '192.0.2.1', port: 0 }, remote: { address: '192.0.2.10', port: 40_000 } }
    void serveConnection(service, near, ends, this.#parts).finally(() => {
      this.#sessions--
      this.#quiescence.event()
    })
    return mailServices[service].implicitTls ? secured(far, anybody(`mail.${localDomain}`)) : far
  }

  /** Some turns: through TLS, a piece takes more than one. */
  async pause(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  arrival(): Promise<void> {
    return this.silence()
  }

  silence(): Promise<void> {
    return this.#quiescence.silence()
  }

  async advance(ms: number): Promise<void> {
    await this.silence()
    for (let i = 1, gone = 0; i <= CLOCK_STEPS; i++) {
      const until = Math.round((ms * i) / CLOCK_STEPS)
      await this.#clock.advance(until - gone)
      gone = until
      await this.silence()
    }
  }

  async act(words: readonly string[]): Promise<void> {
    const [verb = '', what = '', , to = ''] = words
    const act = {
      deliver: async () => this.#deliver(await readFixture(what), to),
      disable: async () => void (await this.#accounts.disableUser(credentialsOf(what).username)),
      kick: async () => void this.#desk.endUser(credentialsOf(what).username, 'kicked'),
      shutdown: async () => this.#desk.stop(),
      restart: () => this.#reopen(true),
      crash: () => this.#reopen(false),
      store: async () => (what === 'stalls' ? this.#stall.begin() : this.#stall.end()),
      disk: () => this.#folder.setWritable(what === 'works'),
    }[verb]
    if (act === undefined) throw new Error(`"X: ${words.join(' ')}" is nothing that the world can do`)
    await act()
    await this.silence()
  }

  async close(): Promise<readonly string[]> {
    this.#stall.end()
    await this.#dropAll()
    await this.#duties.stop()
    const late = this.#clock.pending
    if (late > 0) this.#problems.push(`${late} timers are left behind`)
    return [...this.#problems, ...this.#log.faults]
  }

  /** Every client is gone, and the sessions see it. */
  async #dropAll(): Promise<void> {
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
    await this.silence()
    if (this.#sessions > 0) await this.advance(wireLimits.linger)
    if (this.#sessions > 0) this.#problems.push(`${this.#sessions} sessions did not end with their connections`)
  }

  /** In an orderly way; or as after a kill, where nothing that sessions do afterwards is in the data. */
  async #reopen(graceful: boolean): Promise<void> {
    if (graceful) this.#desk.stop()
    await this.silence()
    const snapshot = graceful ? null : this.#folder.snapshot()
    await this.#dropAll()
    await this.#duties.stop()
    if (snapshot === null) await this.#folder.restart()
    else await this.#folder.continueWith(snapshot)
    this.#desk = new ActiveSessions(this.#clock)
    ;({ parts: this.#parts, accounts: this.#accounts, duties: this.#duties } = this.#compose())
    for (const { kind, detail } of await this.#folder.store.check()) this.#problems.push(`store: ${kind}: ${detail}`)
  }

  async #deliver(octets: Buffer, user: string): Promise<void> {
    const { store, directory } = this.#parts
    const resolution = await directory.resolve(user, localDomain)
    if (resolution.kind !== 'local') throw new Error(`there is no mailbox of "${user}" to deliver to`)
    const spool = store.newSpool()
    await spool.write(octets)
    const deliveries = [{ kind: 'local', mailbox: resolution.mailbox, recipient: resolution.address }] as const
    const blob = await spool.seal()
    await store.accept({ id: newId(systemRandom), from: '', deliveries, blob, receivedAt: this.#clock.now() })
  }

  #compose(): { parts: Parts; accounts: AccountService; duties: Duties } {
    const [clock, log, random] = [this.#clock, this.#log, systemRandom]
    const config = configFor(this.#header)
    const sessions = this.#desk
    const store = this.#stall.held(this.#quiescence.watched(this.#folder.store))
    const passwords = this.#quiescence.watched(new BcryptPasswords({ cost: PASSWORD_COST }))
    const secrets = this.#quiescence.watched(new Secrets({ key: SECRET_KEY, random, iterations: SCRAM_ITERATIONS }))
    const own = { store, sessions, config: () => config, clock, random, log }
    const { service: accounts, ...contracts } = composeAccounts({
      ...own,
      clock: promptClock(clock),
      passwords,
      secrets,
    })
    const tls = () => ({ secureContext: this.#tls })
    const parts = { ...own, ...contracts, tls, tlsFailures: new TlsFailures(clock) }
    return { parts, accounts, duties: startDuties({ ...parts, hostname: config.hostname, queue: () => config.queue }) }
  }
}

function configFor({ administrators, limits, bareNewline, eightBitHeader, quotaReply }: Header): Config {
  const config = localConfig({ dataDir: '.' })
  // A transcript that is not about it is greeted at once.
  const smtp = { ...config.smtp.limits, greetingDelay: 0, ...limits.smtp }
  const quota = { ...config.quota, reply: quotaReply }
  return {
    ...config,
    quota,
    smtp: { limits: smtp, bareNewline, eightBitHeader },
    imap: { limits: { ...config.imap.limits, ...limits.imap }, administrators: administrators.map(inDomain) },
  }
}

function credentialsOf(user: string): Credentials {
  return { username: `${user}@${localDomain}`, password: `secret of ${user}` }
}

const inDomain = (address: string): string => (address.includes('@') ? address : `${address}@${localDomain}`)
