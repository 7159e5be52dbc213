/** Any server on a network as a world: what needs power over it, its clock or its users is skipped. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { sleep, systemClock } from '../src/core/clock.js'
import { mailServices } from '../src/server/services.js'
import { Client, secured } from './client.js'
import { readFixture } from './files.js'
import type { Header, Service } from './header.js'
import { handshakeOf, type Target } from './target.js'
import { type Credentials, givenFor, madeMessage, type Place, type Uses, type World } from './world.js'

const isUsual = ({ catchAll, subaddress, separator, folders }: Header['domainRules']): boolean =>
  catchAll === null && subaddress && separator === '+' && !folders

/** A response that has not come after so long does not come. */
const PATIENCE = 5000
/** Nothing for so long is silence. */
const SILENCE = 250

export class Network implements Place {
  readonly name: string
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
    this.name = target.host
  }

  cannot(header: Header, { time, acts }: Uses): string | null {
    const { ports, users } = this.#target
    if (time) return 'moves the clock (T:)'
    if (acts.length > 0) return `needs power over the server (X: ${acts[0]})`
    if (header.disabled.length > 0) return 'needs a disabled user'
    if (header.sendAsAny.length > 0) return 'needs a user who may write as everybody'
    if (header.aliases.length + header.domains.length > 0 || !isUsual(header.domainRules))
      return 'needs aliases or domains of its own'
    if (Object.keys({ ...header.limits.smtp, ...header.limits.imap, ...header.limits.store }).length > 0)
      return 'needs limits of its own'
    if (header.quotas.length > 0) return 'needs quotas'
    if (header.bareNewline !== 'reject' || header.eightBitHeader !== 'accept') return 'needs a configuration of its own'
    const unknown = header.users[users.length]
    if (unknown !== undefined) return `no account is given for ${unknown}`
    if (this.#target.security === 'none' && header.connections.some(({ state }) => state === 'secured'))
      return 'needs TLS'
    const service = header.connections.find((start) => ports[start.service] === undefined)?.service
    return service === undefined ? null : `no port is given for ${service}`
  }

  async open(header: Header): Promise<World> {
    const server = new RemoteServer(this.#target, header)
    await server.furnish()
    return server
  }
}

class RemoteServer implements World {
  readonly given: ReadonlyMap<string, string>
  readonly handshake: ConnectionOptions
  readonly inClear: boolean
  readonly #target: Target
  readonly #header: Header
  readonly #sockets: Socket[] = []

  constructor(target: Target, header: Header) {
    this.#target = target
    this.#header = header
    this.handshake = handshakeOf(target)
    this.inClear = target.security === 'none'
    const { hostname, domain } = target
    this.given = new Map([
      ['hostname', hostname],
      ['domain', domain],
      ...header.users.flatMap((user) => this.#givenFor(user)),
    ])
  }

  credentials(user: string): Credentials {
    const found = this.#target.users[this.#header.users.indexOf(user)]
    if (found === undefined) throw new Error(`no account is given for ${user}`)
    return found
  }

  async connect(service: Service): Promise<Duplex> {
    const socket = connectTcp({ host: this.#target.host, port: this.#target.ports[service] ?? 0, noDelay: true })
    this.#sockets.push(socket)
    await once(socket, 'connect')
    return mailServices[service].implicitTls ? secured(socket, this.handshake) : socket
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  arrival(client: Client): Promise<void> {
    return new Promise((resolve) => {
      const cancel = systemClock.after(PATIENCE, resolve)
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
    return sleep(systemClock, SILENCE)
  }

  advance(): Promise<void> {
    return Promise.reject(new Error('the clock of a server on a network cannot be moved'))
  }

  act(words: readonly string[]): Promise<void> {
    return Promise.reject(new Error(`"X: ${words.join(' ')}" cannot be done to a server on a network`))
  }

  async close(): Promise<readonly string[]> {
    for (const socket of this.#sockets) socket.destroy()
    return []
  }

  /** Empties the INBOX of each user that the transcript names, and fills the first one's. */
  async furnish(): Promise<void> {
    const { users, messages, mbox } = this.#header
    if (this.#mailService === null) return
    const made = Array.from({ length: messages }, (_, i) => madeMessage(i + 1))
    const all = [...made, ...(await Promise.all(mbox.map(readFixture)))]
    for (const [i, user] of users.entries()) await this.#fill(user, i === 0 ? all : [])
  }

  /** Where mailboxes can be looked after. */
  get #mailService(): 'imap' | 'imaps' | null {
    const { ports, security } = this.#target
    if (ports.imaps !== undefined) return 'imaps'
    return ports.imap !== undefined && security !== undefined ? 'imap' : null
  }

  async #fill(user: string, messages: readonly Buffer[]): Promise<void> {
    const service = this.#mailService ?? 'imaps'
    const client = new Client(await this.connect(service), { literals: true, handshake: this.handshake })
    const { username, password } = this.credentials(user)
    await this.#until(client, '* OK')
    if (service === 'imap' && !this.inClear) {
      await this.#say(client, 'STARTTLS')
      await client.startTls(this.#target.host)
    }
    await this.#say(client, `LOGIN "${username}" "${password}"`)
    await this.#say(client, 'SELECT INBOX')
    await this.#say(client, 'UID STORE 1:* +FLAGS.SILENT (\\Deleted)')
    // Closed: nobody but the transcript is to see the new ones as \Recent.
    await this.#say(client, 'CLOSE')
    for (const octets of messages) {
      client.write(Buffer.from(`fill APPEND INBOX "01-Jan-2026 12:00:00 +0000" {${octets.length}}\r\n`))
      await this.#until(client, '+')
      client.write(Buffer.concat([octets, Buffer.from('\r\n')]))
      await this.#until(client, 'fill OK')
    }
    await this.#say(client, 'LOGOUT')
    client.end()
  }

  async #say(client: Client, command: string): Promise<void> {
    client.write(Buffer.from(`fill ${command}\r\n`))
    await this.#until(client, 'fill OK')
  }

  async #until(client: Client, start: string): Promise<void> {
    for (;;) {
      if (client.peek() === null) await this.arrival(client)
      const line = client.take()
      if (line?.startsWith(start)) return
      if (line === null || line.startsWith('fill '))
        throw new Error(`preparing the INBOX, ${start} was expected and came ${line ?? 'nothing'}`)
    }
  }

  #givenFor(user: string): [string, string][] {
    return givenFor(user, this.credentials(user))
  }
}
