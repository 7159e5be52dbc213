/** What the world answers to the machine: one method for each `Task` that has an answer. */
import { newId } from '../core/ids.js'
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import type { SmtpLine } from '../wire/smtp-reader.js'
import { exchange, verdictReplies } from './auth.js'
import type { SmtpContext } from './context.js'
import { MessageIntake } from './data.js'
import { Farewell, replyFor } from './errors.js'
import * as events from './events.js'
import type { Input } from './input.js'
import type { Mailbox } from './parse.js'
import { accepted, type Reply, replies } from './reply.js'
import { traceFields } from './trace-fields.js'
import type { Answer, Mail, Task } from './transaction.js'

/** A user name may be anything that a client sends; a log line shows so much of it. */
const SHOWN_USERNAME = 256

export interface AnswersOptions {
  readonly connection: Connection
  readonly cx: SmtpContext
  readonly input: Input
  readonly say: (reply: Reply) => void
  /** A line that may be waited for as long as the service runs. */
  readonly ask: (question: Reply) => Promise<SmtpLine>
}

/** Methods throw what ends the session (errors.ts), or a fault, after which the state is as it was. */
export class Answers {
  readonly #options: AnswersOptions
  readonly #client: { readonly client_ip: string }

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#client = { client_ip: options.connection.remote.address }
  }

  to(task: Exclude<Task, { kind: 'close' }>): Promise<Answer> {
    switch (task.kind) {
      case 'resolve':
        return this.#resolve(task.mailbox)
      case 'receive-data':
        return this.#receive(task.mail)
      case 'start-tls':
        return this.#secure()
      case 'authenticate':
        return this.#authenticate(task.mechanism, task.initial)
    }
  }

  async #resolve(mailbox: Mailbox): Promise<Answer> {
    const { directory } = this.#options.cx
    const resolution = await this.#bounded(directory.resolve(mailbox.localPart, mailbox.domain))
    return { answer: 'resolved', mailbox, resolution }
  }

  /** Decision 3: our own work on a command has the limit that the client has for sending it. */
  #bounded<T>(work: Promise<T>): Promise<T> {
    const { clock, limits } = this.#options.cx
    return new Promise((resolve, reject) => {
      const cancel = clock.after(limits.commandTimeout, () => reject(new DeadlineExpired('work')))
      work.then(resolve, reject).finally(cancel)
    })
  }

  /** DATA: RFC 5321 §4.1.1.4. The spool is there before the client is told to begin. */
  async #receive(mail: Mail): Promise<Answer> {
    const { cx, connection, say } = this.#options
    const id = newId(cx.random)
    const now = cx.clock.now()
    const intake = new MessageIntake(cx.store.newSpool(), cx)
    try {
      await intake.writeTrace(traceFields(mail, cx, connection, { id, now }))
      say(replies.startData)
      await this.#fill(intake)
    } catch (error) {
      await intake.discard()
      throw error
    } finally {
      connection.trace?.clientContent(intake.size)
    }
    return this.#keep(mail, intake, { id, now })
  }

  async #fill(intake: MessageIntake): Promise<void> {
    const { maxMessageSize, discardedMessage } = this.#options.cx.limits
    for await (const { octets, bare } of this.#options.input.message()) {
      const written = intake.write(octets, bare)
      if (written !== undefined) await written
      if (intake.size > maxMessageSize + discardedMessage) throw new Farewell(replies.endless)
    }
  }

  /** The end of DATA: 250 only when the store has committed (decision 5). Whatever happens, the transaction is over. */
  async #keep(mail: Mail, intake: MessageIntake, { id, now }: { id: string; now: number }): Promise<Answer> {
    try {
      const result = await intake.finish()
      if (result.kind === 'refused') return this.#refused(mail, intake, result.reply)
      const { blob } = result
      const from = mail.from?.address ?? ''
      await this.#options.cx.store.accept({ id, from, deliveries: mail.to, blob, receivedAt: now })
      const counts = { recipients_count: mail.to.length, size_bytes: blob.size }
      events.messageAccepted(this.#options.cx.log, { message_id: id, from, ...counts })
      return { answer: 'received', reply: accepted(id), accepted: true }
    } catch (error) {
      const reply = replyFor(error)
      if (reply === null) this.fault(error)
      return this.#refused(mail, intake, reply ?? replies.fault)
    }
  }

  #refused({ from }: Mail, { size }: MessageIntake, reply: Reply): Answer {
    const words = reply.wire.trimEnd()
    const fields = { ...this.#client, from: from?.address ?? '', reply: words, size_bytes: size }
    events.messageRefused(this.#options.cx.log, fields)
    return { answer: 'received', reply, accepted: false }
  }

  /** STARTTLS: RFC 3207 §4. What was sent in clear behind it ends the connection (decision 9). */
  async #secure(): Promise<Answer> {
    const { cx, connection, input, say } = this.#options
    if (input.pending) {
      events.plaintextInjection(cx.log, this.#client)
      throw new Farewell(replies.injection)
    }
    const options = cx.tls?.()
    if (options === undefined) throw new Error('the machine asked for TLS where there is none')
    say(replies.startTls)
    const { cipher, version } = await connection.startTls(options)
    events.startTlsNegotiated(cx.log, { cipher_suite: cipher, tls_version: version, ...this.#client })
    return { answer: 'secured' }
  }

  /** AUTH: RFC 4954 §4. The authenticator takes its own time, its delays are meant to be felt. */
  async #authenticate(mechanism: string, initial: string | null): Promise<Answer> {
    const { cx, ask, connection } = this.#options
    const result = await exchange(mechanism, initial, ask)
    if (result.kind === 'refused') return { answer: 'not-authenticated', reply: result.reply, counts: result.counts }
    const { username, password } = result
    const attempt = { username, password, remoteAddress: connection.remote.address, sessionId: cx.sessionId }
    const verdict = await cx.authenticator.verify(attempt)
    if (verdict.kind === 'accepted') {
      events.authSucceeded(cx.log, { username: verdict.address, auth_method: mechanism, ...this.#client })
      return { answer: 'authenticated', user: verdict.address }
    }
    const reply = verdictReplies[verdict.kind]
    const error_code = verdict.kind === 'throttled' ? '454' : '535'
    events.authFailed(cx.log, { username: username.slice(0, SHOWN_USERNAME), error_code, ...this.#client })
    return { answer: 'not-authenticated', reply, counts: true }
  }

  /** A fault of ours: for the log alone, never for the peer. */
  fault(error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    events.sessionFault(this.#options.cx.log, { ...this.#client, error: message, stack })
  }
}
