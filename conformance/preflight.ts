/** Looks whether a run against a server can begin at all: it is there, TLS and logins work, and nobody's mail is at stake. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { type Clock, systemClock } from '../src/core/clock.js'
import { mailServices } from '../src/server/services.js'
import { mailboxesOf } from './account.js'
import { Client, secured } from './client.js'
import { astring, Errand, ErrandError } from './errand.js'
import { isImap, type Service } from './header.js'
import { Login } from './login.js'
import { handshakeOf, type Target } from './target.js'
import type { Credentials } from './world.js'

/** For a connection, a handshake or an answer, ms. */
const PATIENCE = 10_000

const NO_STARTTLS = 'does not offer STARTTLS: --no-tls lets passwords go in clear'

/** Why nothing is played; one line for people. */
export class PreflightError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PreflightError'
  }
}

export interface PreflightOptions {
  /** Accounts with mail in them are taken: it will be deleted. */
  readonly emptyMailboxes: boolean
  readonly patience?: number
  readonly clock?: Clock
}

/** @throws PreflightError */
export async function preflight(target: Target, options: PreflightOptions): Promise<void> {
  const services = Object.keys(target.ports) as Service[]
  for (const service of services) await new Visit(target, service, options).run()
}

/** One connection to one service. */
class Visit {
  readonly #target: Target
  readonly #service: Service
  readonly #options: PreflightOptions
  readonly #place: string
  #socket: Socket | null = null

  constructor(target: Target, service: Service, options: PreflightOptions) {
    this.#target = target
    this.#service = service
    this.#options = options
    this.#place = `${target.host}:${target.ports[service]} (${service})`
  }

  async run(): Promise<void> {
    try {
      const { users } = this.#target
      if (users.length > 0 && isImap(this.#service)) for (const user of users) await this.#account(user)
      else if (users.length > 0 && this.#service.startsWith('submission'))
        for (const user of users) await this.#submission(user)
      else await this.#greeting()
    } finally {
      this.#socket?.destroy()
    }
  }

  async #greeting(): Promise<Client> {
    const client = await this.#connect()
    await this.#arrival(client)
    const line = client.take()
    if (line === null) throw this.#error(client.ended ? 'closes the connection without a word' : 'does not greet')
    if (!/^(?:220|\* OK)/i.test(line)) throw this.#error(`does not serve: it greets with ${line}`)
    return client
  }

  /** Logs in, for a wrong password would fail all that needs one, and may lock the account. */
  async #submission({ username, password }: Credentials): Promise<void> {
    const client = await this.#greeting()
    try {
      let offered = await this.#reply(client, 'EHLO client.example')
      if (!mailServices[this.#service].implicitTls && this.#target.security === 'starttls') {
        if (!/^250[ -]STARTTLS\b/im.test(offered)) throw this.#error(NO_STARTTLS)
        await this.#reply(client, 'STARTTLS')
        await this.#within(client.startTls(this.#target.host), 'the TLS handshake')
        offered = await this.#reply(client, 'EHLO client.example')
      }
      if (!/^250[ -]AUTH .*\bPLAIN\b/im.test(offered)) return
      const plain = Buffer.from(`\0${username}\0${password}`).toString('base64')
      const answer = await this.#reply(client, `AUTH PLAIN ${plain}`)
      if (!answer.startsWith('235')) throw this.#error(`: ${username} cannot log in: ${answer}`)
    } finally {
      client.drop()
    }
  }

  /** All lines of a reply; they end without a last one where nothing more comes. */
  async #reply(client: Client, command: string): Promise<string> {
    client.write(Buffer.from(`${command}\r\n`))
    const lines: string[] = []
    for (;;) {
      if (client.peek() === null) await this.#arrival(client)
      const line = client.take()
      if (line === null) throw this.#error(`does not answer ${command.split(' ')[0]}`)
      lines.push(line)
      if (line[3] !== '-') return lines.join('\n')
    }
  }

  /** Logs in, and counts what would be lost. */
  async #account(user: Credentials): Promise<void> {
    const client = await this.#connect()
    const errand = new Errand(client, (one) => this.#arrival(one))
    try {
      const login = new Login(errand)
      await login.greeting()
      if (!mailServices[this.#service].implicitTls && this.#target.security === 'starttls') {
        if (!(await login.startTls())) throw this.#error(NO_STARTTLS)
        await this.#within(client.startTls(this.#target.host), 'the TLS handshake')
      }
      const offered = new Set(await login.login(user))
      if (!this.#options.emptyMailboxes) await this.#refuseMail(errand, offered, user)
      await errand.ask('LOGOUT')
    } catch (error) {
      if (error instanceof ErrandError) throw this.#error(`: ${error.message.replace(/^before the transcript, /, '')}`)
      throw error
    } finally {
      client.drop()
    }
  }

  async #refuseMail(errand: Errand, offered: ReadonlySet<string>, { username }: Credentials): Promise<void> {
    for (const name of await mailboxesOf(errand, offered)) {
      const { untagged } = await errand.ask('STATUS ', astring(name), ' (MESSAGES)')
      const messages = Number(/\(MESSAGES (\d+)\)/i.exec(untagged.join('\n'))?.[1] ?? 0)
      if (messages > 0)
        throw new PreflightError(
          `the mailbox ${name} of ${username} has ${messages} messages in it, and a run deletes all mail of its accounts: ` +
            'take accounts that are made for it, or say --empty-mailboxes',
        )
    }
  }

  async #connect(): Promise<Client> {
    const { host, ports } = this.#target
    const handshake = handshakeOf(this.#target)
    const socket = connectTcp({ host, port: ports[this.#service] ?? 0, noDelay: true })
    this.#socket = socket
    await this.#within(once(socket, 'connect'), 'a connection')
    const secure = mailServices[this.#service].implicitTls
    const stream = secure ? await this.#within(secured(socket, handshake), 'the TLS handshake') : socket
    return new Client(stream, { literals: isImap(this.#service), handshake })
  }

  /** @throws PreflightError for a failure of the network or of TLS, and after the patience */
  async #within<T>(work: Promise<T>, what: string): Promise<T> {
    const { clock = systemClock, patience = PATIENCE } = this.#options
    let cancel = (): void => {}
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(patience, () => reject(this.#error(`: ${what} takes more than ${patience / 1000} s`)))
    })
    try {
      return await Promise.race([work, late])
    } catch (error) {
      if (error instanceof PreflightError) throw error
      throw this.#error(`: ${what} fails: ${reasonOf(error)}`)
    } finally {
      cancel()
    }
  }

  /** Resolves when a response has come, or none will. */
  #arrival(client: Client): Promise<void> {
    const { clock = systemClock, patience = PATIENCE } = this.#options
    return new Promise((resolve) => {
      const cancel = clock.after(patience, resolve)
      const look = (): void => {
        if (client.peek() === null && !client.ended) return
        cancel()
        resolve()
      }
      client.onData(look)
      look()
    })
  }

  #error(what: string): PreflightError {
    return new PreflightError(`${this.#place}${what.startsWith(':') ? '' : ' '}${what}`)
  }
}

/** Node's word for what a person has to do something about. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'what it speaks is not TLS'
  const hint = /CERT|SIGNED|ISSUER|ALTNAME/.test(code)
    ? '; --ca FILE trusts an authority, --insecure any certificate'
    : ''
  // Several addresses were tried: the error of all says nothing itself.
  const message =
    error instanceof AggregateError && error.message === '' ? error.errors.map(String).join(', ') : error.message
  return `${message}${hint}`
}
