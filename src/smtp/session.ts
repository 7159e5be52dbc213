/** One SMTP session: reads a line, steps the machine, writes the reply, does what the step asks for. */
import { type Ending, endingOf } from '../accounts/presence.js'
import { isLoopback } from '../core/ip-network.js'
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import type { SmtpLine } from '../wire/smtp-reader.js'
import { MASK } from '../wire/trace.js'
import { Answers } from './answers.js'
import { mechanismsOn } from './auth.js'
import { type CommandLine, parseCommand, shownOf, splitLine } from './command-line.js'
import type { SmtpContext, SmtpService } from './context.js'
import { BadCommand, endsSession, Farewell, isOutage, lastWords } from './errors.js'
import * as events from './events.js'
import { Input } from './input.js'
import { greeting, type Reply, replies } from './reply.js'
import type { Policy, State, Step, Task } from './state.js'
import { gate, initialState, resume, step } from './transaction.js'
import { verbs } from './verbs.js'

/** Serves one client. Resolves when the connection is over; never rejects for what a peer does. */
export async function serveSmtp(connection: Connection, cx: SmtpContext): Promise<void> {
  await new Session(connection, cx).run()
}

/** What the log calls them. */
const PROTOCOLS: { readonly [S in SmtpService]: events.SmtpProtocol } = {
  smtp: 'SMTP',
  submission: 'SMTP',
  submissions: 'SMTPS',
  lmtp: 'LMTP',
}

/** Octets follow the line, as many as it says. */
const frames = ({ verb }: CommandLine): boolean => verb !== null && verbs[verb].frames === true

const FAREWELLS: { readonly [E in Ending]: Reply } = {
  shutdown: replies.shuttingDown,
  kicked: replies.kicked,
  revoked: replies.revoked,
}

class Session {
  readonly #connection: Connection
  readonly #cx: SmtpContext
  readonly #policy: Policy
  readonly #input: Input
  readonly #answers: Answers
  readonly #client: { readonly client_ip: string }
  #state: State
  #open = true
  /** Waiting for a line that a shutdown need not wait for. */
  #interruptible = false

  constructor(connection: Connection, cx: SmtpContext) {
    const { service, hostname, limits, clock } = cx
    const input = new Input(connection, clock, limits)
    const say = (reply: Reply): void => this.#say(reply)
    this.#connection = connection
    this.#cx = cx
    const mechanisms = (): readonly string[] => mechanismsOn(cx, connection)
    this.#policy = { service, hostname, limits, startTls: cx.tls !== null, mechanisms }
    this.#input = input
    this.#answers = new Answers({ connection, cx, input, say, ask: (question) => this.#ask(question) })
    this.#client = { client_ip: connection.remote.address }
    this.#state = initialState(connection.tls !== null)
  }

  async run(): Promise<void> {
    const { stopping, clock, log } = this.#cx
    const start = clock.now()
    let reason = 'quit'
    stopping.addEventListener('abort', this.#stop)
    try {
      await this.#greet()
      await this.#serve()
    } catch (error) {
      reason = this.#depart(error)
    } finally {
      stopping.removeEventListener('abort', this.#stop)
      this.#answers.release()
      await this.#answers.abandon()
      await this.#connection.end()
    }
    events.connectionClosed(log, { ...this.#client, reason, duration_ms: clock.now() - start })
  }

  async #greet(): Promise<void> {
    const { log, service, hostname } = this.#cx
    const { local, tls } = this.#connection
    const protocol = PROTOCOLS[service]
    events.connectionAccepted(log, { port: local.port, ...this.#client, tls_active: tls !== null, protocol })
    if (await this.#speaksFirst()) this.#earlyTalker()
    this.#say(greeting(hostname, service === 'lmtp' ? 'LMTP' : 'ESMTP'))
  }

  /** Without a delay hardly anybody is noticed: what came with the connection has not been read yet. */
  async #speaksFirst(): Promise<boolean> {
    const { service, limits } = this.#cx
    const connection = this.#connection
    const waits = service === 'smtp' && limits.greetingDelay > 0 && !isLoopback(connection.remote.address)
    if (!waits) return connection.unread
    connection.deadline('greeting', limits.greetingDelay)
    try {
      await this.#waiting(true, () => connection.arrival())
    } catch (error) {
      if (!(error instanceof DeadlineExpired)) throw error
    } finally {
      connection.clearDeadline()
    }
    return connection.unread
  }

  /** RFC 5321 §4.3.1: the client waits for the greeting. On port 25, who does not is no mail server; elsewhere it is forgiven. */
  #earlyTalker(): void {
    events.earlyTalker(this.#cx.log, this.#client)
    if (this.#cx.service === 'smtp') throw new Farewell(replies.earlyTalker)
  }

  async #serve(): Promise<void> {
    const { commandLine } = this.#cx.limits
    while (this.#open) {
      const inTransaction = this.#state.at === 'mail' || this.#state.at === 'chunking'
      if (this.#cx.stopping.aborted && !inTransaction) throw new Farewell(this.#farewell)
      const line = this.#input.takeLine(commandLine)
      if (line !== null) await this.#handle(line)
      else await this.#waiting(!inTransaction, () => this.#input.more())
    }
  }

  /** A fault of ours in one command costs that command, not the session. */
  async #handle(line: SmtpLine): Promise<void> {
    const command = line.kind === 'line' ? splitLine(line.octets) : null
    try {
      const task = this.#apply(this.#stepFor(line, command))
      if (task !== null) await this.#perform(task)
      if (this.#state.at !== 'chunking') await this.#answers.abandon()
      if (this.#state.at !== 'mail' && this.#state.at !== 'chunking') this.#answers.release()
    } catch (error) {
      if (endsSession(error)) throw error
      if (isOutage(error)) this.#say(replies.noStorage)
      else {
        this.#answers.fault(error)
        this.#say(replies.fault)
      }
    }
    // RFC 2920 §3.2: only the answers to these verbs may wait for others.
    const verb = command?.verb ?? null
    if (verb === null || verbs[verb].pipelining === 'last') this.#connection.out.flush()
  }

  #stepFor(line: SmtpLine, command: CommandLine | null): Step {
    if (line.kind === 'flood') throw new Farewell(replies.flood)
    if (line.kind === 'too-long' || command === null) return this.#unreadable(replies.lineTooLong)
    this.#note(command, line.bare)
    if (line.bare) return this.#malformed(command, replies.bareLineEnd)
    const refusal = command.verb === null ? null : gate(this.#state, command.verb, this.#policy)
    if (refusal !== null && !frames(command)) return this.#unreadable(refusal)
    try {
      return step(this.#state, parseCommand(command, this.#cx.limits), this.#policy)
    } catch (error) {
      if (error instanceof BadCommand) return this.#malformed(command, error.reply)
      throw error
    }
  }

  #malformed(command: CommandLine, reply: Reply): Step {
    if (frames(command)) throw new Farewell(reply)
    return this.#unreadable(reply)
  }

  #unreadable(reply: Reply): Step {
    return resume(this.#state, { answer: 'unreadable', reply }, this.#policy)
  }

  #apply({ state, reply, task }: Step): Task | null {
    this.#state = state
    if (reply !== null) this.#say(reply)
    return task
  }

  /** Does what a step asks for, and what the steps behind it ask for. */
  async #perform(first: Task): Promise<void> {
    let task: Task | null = first
    while (task !== null) {
      if (task.kind === 'close') return this.#close(task.words)
      const next: Step = resume(this.#state, await this.#answers.to(task), this.#policy)
      if (task.kind === 'resolve') this.#noteRecipient(task.recipient.mailbox.address, next.reply)
      task = this.#apply(next)
    }
  }

  #close(words: Reply | null): void {
    if (words !== null) throw new Farewell(words)
    this.#open = false
  }

  async #ask(question: Reply): Promise<SmtpLine> {
    this.#say(question)
    const line = await this.#waiting(true, () => this.#input.line(this.#cx.limits.authLine))
    this.#connection.trace?.clientSecret('')
    if (line.kind === 'flood') throw new Farewell(replies.flood)
    return line
  }

  async #waiting<T>(interruptible: boolean, wait: () => Promise<T>): Promise<T> {
    this.#interruptible = interruptible
    try {
      return await wait()
    } finally {
      this.#interruptible = false
    }
  }

  get #farewell(): Reply {
    return FAREWELLS[endingOf(this.#cx.stopping)]
  }

  readonly #stop = (): void => {
    if (this.#interruptible) this.#connection.interrupt(new Farewell(this.#farewell))
  }

  /** Says the last words. @returns why the session ended, for the log */
  #depart(error: unknown): string {
    if (!endsSession(error)) this.#answers.fault(error)
    const words = lastWords(error)
    if (words !== null) this.#say(words)
    return error instanceof Error ? error.message.trimEnd() : 'fault'
  }

  #say(reply: Reply): void {
    this.#connection.out.text(reply.wire)
    const { trace } = this.#connection
    if (trace === null) return
    // What SCRAM says is enough to guess passwords with, away from here.
    if (reply.code === 334) trace.server(`334 ${MASK}`)
    else for (const line of reply.wire.trimEnd().split('\r\n')) trace.server(line)
  }

  /** For the log and the trace; a line whose parts cannot be told apart may hold a secret anywhere. */
  #note(command: CommandLine, bare: boolean): void {
    const { log } = this.#cx
    if (log.isLevelEnabled('debug'))
      events.commandReceived(log, { command: command.verb ?? 'unknown', ...this.#client })
    const { trace } = this.#connection
    if (trace === null) return
    const { text, secret } = shownOf(command)
    if (secret || bare) trace.clientSecret(secret ? text : '')
    else trace.client(text)
  }

  #noteRecipient(recipient: string, reply: Reply | null): void {
    if (reply === null || reply.code < 400) return
    events.recipientRefused(this.#cx.log, { ...this.#client, recipient, reply: reply.wire.trimEnd() })
  }
}
