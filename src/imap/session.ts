/** One IMAP session, from greeting to BYE: read a command, run it, tell what changed, complete it. */
import type { Connection } from '../wire/connection.js'
import { DeadlineExpired } from '../wire/connection.js'
import { Disconnected } from '../wire/writer.js'
import { announce } from './announce.js'
import { type Completion, completionText, no, respText } from './completion.js'
import type { ImapContext } from './context.js'
import { BadArgument, completionFor, Farewell, Refused } from './errors.js'
import {
  commandFault,
  commandReceived,
  connectionAccepted,
  duration,
  idleTimeout,
  sessionEnded,
  startTlsCompleted,
} from './events.js'
import { type Frame, readFrame } from './frame.js'
import { Input, type Phase } from './input.js'
import { Responses } from './responses.js'
import type { Row } from './row.js'
import { Scanner } from './scanner.js'
import { SessionState } from './session-state.js'
import { findCommand } from './table.js'

/**
 * What a command costs besides what it counts itself, in octets of other work: a client may send thousands in one piece,
 * and others are heard behind every 32 of them.
 */
const COMMAND_WORK = 2 * 1024

/**
 * Serves one client until the connection is over; implicit TLS has been set up before. Never rejects for
 * what a client does.
 */
export async function serveImap(connection: Connection, cx: ImapContext): Promise<void> {
  const session = new Session(connection, cx)
  try {
    await session.run()
  } finally {
    await session.close()
  }
}

class Session {
  readonly #connection: Connection
  readonly #cx: ImapContext
  readonly #input: Input
  readonly #out: Responses
  readonly #state: SessionState
  readonly #since: number
  #badCommands = 0

  constructor(connection: Connection, cx: ImapContext) {
    this.#connection = connection
    this.#cx = cx
    this.#input = new Input(connection, cx.clock, cx.limits, cx.stopping)
    this.#out = new Responses(connection)
    this.#state = new SessionState(connection, cx, this.#input, this.#out)
    this.#since = cx.clock.now()
  }

  async run(): Promise<void> {
    try {
      this.#greet()
      while (await this.#command());
    } catch (error) {
      this.#bye(error)
    }
  }

  async close(): Promise<void> {
    this.#input.close()
    this.#state.alerts.close()
    try {
      await this.#state.close()
    } finally {
      await this.#connection.end()
    }
  }

  get #clientIp(): string {
    return this.#connection.remote.address
  }

  #greet(): void {
    const { service, hostname, log } = this.#cx
    connectionAccepted(log, {
      port: this.#connection.local.port,
      client_ip: this.#clientIp,
      tls_active: this.#state.secure,
      protocol: service === 'imaps' ? 'IMAPS' : 'IMAP',
    })
    this.#out.untagged(`OK [CAPABILITY ${this.#state.capabilities()}] ${hostname} Posthorn ready`)
  }

  /** @returns false when the connection is to be closed */
  async #command(): Promise<boolean> {
    await this.#begin()
    const frame = await readFrame({
      input: this.#input,
      out: this.#out,
      trace: this.#connection.trace,
      limits: this.#cx.limits,
      newSpool: () => this.#cx.store.newSpool(),
      find: findCommand,
      gate: (name, row) => this.#gate(name, row),
      context: () => this.#state.context,
      pace: this.#state.pace,
    })
    const completion = await this.#run(frame)
    await this.#complete(frame, completion)
    await this.#state.pace.spend(COMMAND_WORK)
    return this.#next(frame.closing ? 'close' : completion.next)
  }

  /** Before the login one time for all; after it, one for each pause (RFC 3501 §5.4). */
  #begin(): Promise<void> {
    const { clock, limits } = this.#cx
    if (this.#state.context.state !== 'not-authenticated') return this.#input.begin('idle', limits.idleTimeout)
    return this.#input.begin('login', Math.max(0, this.#since + limits.loginTimeout - clock.now()))
  }

  #gate(name: string, row: Row | null): Error | null {
    const { state } = this.#state.context
    if (row === null) return new BadArgument('Unknown command')
    if (!row.states.includes(state)) return new BadArgument(`${name} is not possible ${WHILE[state]}`)
    if (row.secret === true && !this.#state.secure)
      return new Refused(no('PRIVACYREQUIRED', 'A password may not travel in clear: use TLS'))
    return null
  }

  async #run(frame: Frame): Promise<Completion> {
    const { row, name, parts } = frame
    commandReceived(this.#cx.log, {
      command: row === null ? 'unknown' : name,
      client_ip: this.#clientIp,
      mailbox: this.#state.view?.mailbox.name ?? null,
    })
    try {
      if (frame.error !== null || row === null) throw frame.error
      const run = row.prepare(new Scanner(parts, this.#cx.limits.nesting))
      for (const line of this.#state.view?.keywordLines() ?? []) this.#out.untagged(line)
      // A stranger has nothing that takes long, and is told nothing but what was asked.
      if (this.#state.context.state !== 'not-authenticated') this.#state.progress.begin(frame.tag ?? '')
      return await run(this.#state.context)
    } catch (error) {
      return this.#refusal(error, frame)
    } finally {
      this.#state.progress.end()
      for (const part of parts) if ('blob' in part) await part.blob.discard()
    }
  }

  #refusal(error: unknown, { name, row }: Frame): Completion {
    if (error instanceof Farewell || error instanceof Disconnected || error instanceof DeadlineExpired) throw error
    const completion = completionFor(error, row?.refusals)
    if (completion !== null) return completion
    this.#fault(error, name)
    return no('SERVERBUG', 'Internal error, it has been logged')
  }

  /** What changed comes before the completion. A client that cannot be brought up to date gets the one, then BYE. */
  async #complete({ tag, row, closing }: Frame, completion: Completion): Promise<void> {
    // Behind BYE there is nothing to tell any more.
    const leaves = closing || completion.next === 'close'
    const alert = leaves ? null : this.#state.alerts.take()
    if (alert !== null) this.#out.untagged(alert)
    const farewell = leaves ? null : await this.#announce(row?.numbers === 'renews')
    this.#out.tagged(tag ?? '*', completionText(completion), row === null)
    this.#badCommands = completion.status === 'BAD' ? this.#badCommands + 1 : 0
    if (farewell !== null) throw farewell
    if (this.#badCommands >= this.#cx.limits.badCommands) throw new Farewell('Too many bad commands')
    await this.#out.room()
  }

  /** @returns why the session cannot go on, or null */
  async #announce(mayExpunge: boolean): Promise<Farewell | null> {
    const view = this.#state.view
    if (view === null) return null
    try {
      await announce(view, this.#out, mayExpunge)
      return null
    } catch (error) {
      if (error instanceof Farewell) return error
      throw error
    }
  }

  async #next(next: Completion['next']): Promise<boolean> {
    if (next === 'start-tls') await this.#startTls()
    return next !== 'close'
  }

  async #startTls(): Promise<void> {
    if (this.#cx.tls === null) throw new Error('STARTTLS ran without TLS')
    const { version, cipher } = await this.#connection.startTls(this.#cx.tls())
    this.#input.restart()
    this.#state.restart()
    startTlsCompleted(this.#cx.log, { cipher_suite: cipher, tls_version: version, client_ip: this.#clientIp })
  }

  #bye(error: unknown): void {
    if (error instanceof Disconnected) return
    if (error instanceof DeadlineExpired) {
      const phase = error.phase as Phase
      this.#logTimeout(phase)
      this.#out.untagged(`BYE ${TIMED_OUT[phase]}`)
    } else if (error instanceof Farewell) {
      sessionEnded(this.#cx.log, { reason: error.message, client_ip: this.#clientIp })
      this.#out.untagged(`BYE ${respText(error.code, error.message)}`)
    } else {
      this.#fault(error, '')
      this.#out.untagged('BYE [SERVERBUG] Internal error, it has been logged')
    }
  }

  #logTimeout(phase: Phase): void {
    const { log, limits } = this.#cx
    const after: Readonly<Record<Phase, number>> = {
      login: limits.loginTimeout,
      idle: limits.idleTimeout,
      'idle-max': limits.idleMax,
      command: limits.commandTimeout,
      literal: limits.literalTimeout,
    }
    idleTimeout(log, { idle_duration: duration(after[phase]), client_ip: this.#clientIp })
  }

  #fault(error: unknown, command: string): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    commandFault(this.#cx.log, { command, client_ip: this.#clientIp, error: message, stack: stack ?? '' })
  }
}

const WHILE = {
  'not-authenticated': 'before the login',
  authenticated: 'now',
  selected: 'now',
} as const

const TIMED_OUT: Readonly<Record<Phase, string>> = {
  login: 'Idle timeout',
  idle: 'Idle timeout',
  'idle-max': 'Idle timeout',
  command: 'Command timeout',
  literal: 'Literal timeout',
}
