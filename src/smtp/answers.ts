/** What the world answers to the machine: one method for each `Task` that has an answer. */
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import type { SmtpLine } from '../wire/smtp-reader.js'
import { authenticate } from './auth.js'
import type { SmtpContext } from './context.js'
import { Farewell } from './errors.js'
import * as events from './events.js'
import type { Input } from './input.js'
import { Reception } from './reception.js'
import { type Reply, replies } from './reply.js'
import { Room } from './room.js'
import type { Addressing, Answer, Mail, Task } from './state.js'
import { Senders } from './submission-senders.js'

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
  /** The message whose first chunk has come, and whose last has not. */
  #chunked: Reception | null = null
  readonly #room: Room

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#room = new Room(options.cx)
    this.#client = { client_ip: options.connection.remote.address }
  }

  to(task: Exclude<Task, { kind: 'close' }>): Promise<Answer> {
    switch (task.kind) {
      case 'admit':
        return this.#admit(task.mail)
      case 'resolve':
        return this.#resolve(task)
      case 'receive-data':
        return this.#receive(task.mail)
      case 'receive-chunk':
        return this.#receiveChunk(task)
      case 'skip-chunk':
        return this.#skipChunk(task)
      case 'start-tls':
        return this.#secure()
      case 'authenticate':
        // The authenticator takes its own time: its delays are meant to be felt.
        return authenticate(task.mechanism, task.initial, this.#options)
    }
  }

  async #resolve({ recipient, size }: Extract<Task, { kind: 'resolve' }>): Promise<Answer> {
    const { mailbox } = recipient
    const { directory } = this.#options.cx
    const resolution = await this.#bounded(directory.resolve(mailbox.localPart, mailbox.domain))
    const full = await this.#bounded(this.#room.take(resolution, size))
    return { answer: 'resolved', recipient, resolution, full }
  }

  async #admit(mail: Addressing): Promise<Answer> {
    const { cx, connection } = this.#options
    const admission = await this.#bounded(new Senders(cx, connection.remote.address).admit(mail))
    return { answer: 'admitted', mail, admission }
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
    const reception = this.#reception(mail)
    try {
      await reception.begin()
      this.#expectSilence(mail)
      this.#options.say(replies.startData)
      await reception.takeData()
    } catch (error) {
      await reception.discard()
      throw error
    }
    return { answer: 'received', ...(await reception.keep()) }
  }

  /**
   * RFC 2920 §3.1: a client waits for the answer to DATA. One that does not sends blindly, as spam programs do,
   * or something that is not SMTP at all. Who has logged in is forgiven.
   */
  #expectSilence({ user }: Mail): void {
    if (this.#options.cx.service !== 'smtp' || user !== null || !this.#options.input.pending) return
    events.improperPipelining(this.#options.cx.log, this.#client)
    throw new Farewell(replies.improperPipelining)
  }

  /** BDAT: RFC 3030 §2. Whatever happens, the octets are read. */
  async #receiveChunk({ mail, size, last }: Extract<Task, { kind: 'receive-chunk' }>): Promise<Answer> {
    const reception = await this.#openChunked(mail)
    if (reception === null) return this.#lostChunk(size, last)
    await reception.takeChunk(size)
    if (!last) return { answer: 'chunk', ...(await reception.chunkTaken(size)) }
    this.#chunked = null
    return { answer: 'received', ...(await reception.keep()) }
  }

  /** There is no room to put it: the message is lost, and the client will try again. */
  async #lostChunk(size: number, last: boolean): Promise<Answer> {
    await this.#skipChunk({ size, last, reply: replies.fault })
    return { answer: last ? 'received' : 'chunk', reply: replies.fault, accepted: false }
  }

  async #openChunked(mail: Mail): Promise<Reception | null> {
    if (this.#chunked !== null) return this.#chunked
    try {
      const reception = this.#reception(mail)
      this.#chunked = reception
      await reception.begin()
      return reception
    } catch (error) {
      this.fault(error)
      return null
    }
  }

  async #skipChunk({ size, last, reply }: Pick<Extract<Task, { kind: 'skip-chunk' }>, 'size' | 'last' | 'reply'>) {
    const { cx, input, connection } = this.#options
    if (size > cx.limits.discardedMessage) throw new Farewell(replies.endless)
    for await (const _ of input.chunk(size, { start: cx.clock.now(), octets: 0 }));
    connection.trace?.clientContent(size)
    return { answer: 'skipped', reply, last } as const
  }

  #reception(mail: Mail): Reception {
    const { cx, connection, input } = this.#options
    return new Reception(mail, { cx, connection, input, fault: (error) => this.fault(error) })
  }

  /** The transaction is over: what came of its message is thrown away. Never rejects. */
  async abandon(): Promise<void> {
    const reception = this.#chunked
    this.#chunked = null
    await reception?.discard().catch((error: unknown) => this.fault(error))
  }

  /** No transaction is under way: what was promised to it is for others. */
  release(): void {
    this.#room.release()
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

  /** A fault of ours: for the log alone, never for the peer. */
  fault(error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    events.sessionFault(this.#options.cx.log, { ...this.#client, error: message, stack })
  }
}
