/** Any server on a network as a world: what needs power over it, its clock or its users is skipped. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { sleep, systemClock } from '../src/core/clock.js'
import { mailServices } from '../src/server/services.js'
import { type Furniture, furnishAccount } from './account.js'
import { Client, secured } from './client.js'
import { Errand, ErrandError, octetsOf } from './errand.js'
import { readFixture } from './files.js'
import { type Header, isImap, isOwn, type Service, tighterLimits } from './header.js'
import { Login } from './login.js'
import { handshakeOf, type Target } from './target.js'
import { type Credentials, givenFor, givenNames, madeMessage, type Place, type Uses, type World } from './world.js'

/** A response that has not come after so long does not come, unless the target says otherwise. */
const PATIENCE = 5000
/** Nothing for so long is silence. */
const SILENCE = 250

const isUsual = ({ catchAll, subaddress, separator, folders }: Header['domainRules']): boolean =>
  catchAll === null && subaddress && separator === '+' && !folders

/** Acts on a server that need no more than an account of it. */
const POSSIBLE_ACTS: ReadonlySet<string> = new Set(['deliver'])

export class Network implements Place {
  readonly name: string
  /** What the server did not let itself be prepared for, each once. */
  readonly notes = new Set<string>()
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
    this.name = target.host
  }

  cannot(header: Header, { time, acts }: Uses): string | null {
    const { ports, users } = this.#target
    const act = acts.find((one) => !POSSIBLE_ACTS.has(one) || imapPort(ports) === null)
    if (isOwn(header)) return "shows a decision of Posthorn's own"
    if (time) return 'moves the clock (T:)'
    if (act !== undefined) return `needs power over the server (X: ${act})`
    const lack = lackOf(header)
    if (lack !== null) return lack
    const unknown = header.users[users.length]
    if (unknown !== undefined) return `no account is given for ${unknown}`
    if (this.#target.security === 'none' && header.connections.some(({ state }) => state === 'secured'))
      return 'needs TLS'
    const service = header.connections.find((start) => ports[start.service] === undefined)?.service
    return service === undefined ? null : `no port is given for ${service}`
  }

  async open(header: Header): Promise<World> {
    const server = new RemoteServer(this.#target, header)
    try {
      if (header.connections.some(({ service }) => isImap(service)))
        for (const note of await server.furnish()) this.notes.add(note)
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }
}

/** What the world must have been told, and cannot be from outside. */
function lackOf(header: Header): string | null {
  if (header.disabled.length > 0) return 'needs a disabled user'
  if (header.access.length > 0) return 'needs a user who may log in by one protocol alone'
  if (header.sendAsAny.length > 0) return 'needs a user who may write as everybody'
  if (header.administrators.length > 0) return 'needs an administrator'
  if (header.aliases.length + header.domains.length > 0 || !isUsual(header.domainRules))
    return 'needs aliases or domains of its own'
  if (tighterLimits(header).length > 0) return 'needs limits of its own'
  if (header.quotas.length > 0) return 'needs quotas'
  if (header.bareNewline !== 'reject' || header.eightBitHeader !== 'accept' || header.quotaReply !== 'permanent')
    return 'needs a configuration of its own'
  return null
}

/** By what an account is prepared. */
function imapPort(ports: Target['ports']): 'imap' | 'imaps' | null {
  if (ports.imaps !== undefined) return 'imaps'
  return ports.imap === undefined ? null : 'imap'
}

class RemoteServer implements World {
  readonly given: ReadonlyMap<string, string>
  readonly handshake: ConnectionOptions
  readonly inClear: boolean
  readonly waits = true
  readonly #target: Target
  readonly #header: Header
  readonly #sockets: Socket[] = []
  readonly #offered = new Set<string>()

  constructor(target: Target, header: Header) {
    this.#target = target
    this.#header = header
    this.handshake = handshakeOf(target)
    this.inClear = target.security === 'none'
    const { hostname, domain } = target
    this.given = new Map([...givenNames(hostname, domain), ...header.users.flatMap((user) => this.#givenFor(user))])
  }

  /** Before and behind the login. */
  get offered(): ReadonlySet<string> {
    return this.#offered
  }

  credentials(user: string): Credentials {
    const found = this.#target.users[this.#header.users.indexOf(user)]
    if (found === undefined) throw new Error(`no account is given for ${user}`)
    return found
  }

  async connect(service: Service): Promise<Duplex> {
    const { host, ports } = this.#target
    const socket = connectTcp({ host, port: ports[service] ?? 0, noDelay: true })
    this.#sockets.push(socket)
    await once(socket, 'connect')
    return mailServices[service].implicitTls ? secured(socket, this.handshake) : socket
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  arrival(client: Client): Promise<void> {
    return new Promise((resolve) => {
      const cancel = systemClock.after(this.#target.patience ?? PATIENCE, resolve)
      const look = (): void => {
        if (client.peek() === null && !client.ended) return
        cancel()
        resolve()
      }
      client.onData(look)
      look()
    })
  }

  silence(): Promise<void> {
    return sleep(systemClock, this.#target.silence ?? SILENCE)
  }

  advance(): Promise<void> {
    return Promise.reject(new Error('the clock of a server on a network cannot be moved'))
  }

  async act(words: readonly string[]): Promise<void> {
    const [verb, fixture = '', , user = ''] = words
    if (verb !== 'deliver') throw new Error(`"X: ${words.join(' ')}" cannot be done to a server on a network`)
    const octets = await readFixture(fixture)
    await this.#asUser(user, async (errand) => void (await errand.must('APPEND INBOX ', octets)))
  }

  async close(): Promise<readonly string[]> {
    for (const socket of this.#sockets) socket.destroy()
    return []
  }

  /** Makes the accounts of the users that the transcript names what it expects. @returns what could not be done */
  async furnish(): Promise<readonly string[]> {
    const { users, messages, mbox, mailboxes } = this.#header
    const made = Array.from({ length: messages }, (_, i) => madeMessage(i + 1))
    const all = [...made, ...(await Promise.all(mbox.map(readFixture)))]
    const done = users.map(async (user, i) => {
      const furniture: Furniture = { messages: i === 0 ? all : [], mailboxes }
      let notes: readonly string[] = []
      await this.#asUser(user, async (errand) => {
        notes = await furnishAccount(errand, this.#offered, furniture)
      })
      return notes.map((note) => `${this.credentials(user).username}: ${note}`)
    })
    return (await Promise.all(done)).flat()
  }

  async #asUser(user: string, run: (errand: Errand) => Promise<void>): Promise<void> {
    const service = imapPort(this.#target.ports)
    if (service === null) throw new Error('no port of IMAP is given, by which an account is prepared')
    const client = new Client(await this.connect(service), { literals: true, handshake: this.handshake })
    const errand = new Errand(client, (one) => this.arrival(one))
    const login = new Login(errand)
    await login.greeting()
    if (service === 'imap' && !this.inClear) {
      if (await login.startTls()) await client.startTls(this.#target.host)
      else if (this.#target.security === 'starttls') throw new ErrandError('the server does not offer STARTTLS')
    }
    for (const word of await login.login(this.credentials(user))) this.#offered.add(word)
    await run(errand)
    await errand.ask('LOGOUT')
    client.end()
  }

  /** As octets: so a transcript has what it sends. */
  #givenFor(user: string): [string, string][] {
    return givenFor(user, this.credentials(user)).map(([name, value]) => [name, octetsOf(value)])
  }
}
