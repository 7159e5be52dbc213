/** A machine of the client on a connection: does its effects, and tells it what came. */
import { pbkdf2 } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { promisify } from 'node:util'
import type { Clock } from '../core/clock.js'
import { clientLimits } from '../core/limits.js'
import { type Connection, DeadlineExpired } from '../wire/connection.js'
import { DotEncoder } from '../wire/dot-encoder.js'
import { BadReply, oneLine, ReplyReader, type SmtpReply } from '../wire/reply-reader.js'
import { MASK } from '../wire/trace.js'
import { Disconnected } from '../wire/writer.js'
import type { ClientContent } from './client-content.js'
import { type ClientEvent, type Effect, type Machine, type Phase, phases } from './client-steps.js'
import type { Transcript } from './transcript.js'

export interface ClientSurroundings {
  readonly clock: Clock
  readonly transcript: Transcript
  /** The name of the server in its certificate. */
  readonly serverName: string
  /** Whose certificates are trusted; left out: those that Node trusts. */
  readonly trust?: SecureContext
}

const QUIT: Effect = { kind: 'write', line: 'QUIT' }

const deriveKey = promisify(pbkdf2)

const limitOf = (phase: Phase): number => clientLimits[phases[phase].limit]

export class ClientConnection {
  readonly connection: Connection
  readonly #cx: ClientSurroundings
  readonly #reader = new ReplyReader()
  /** A read that waits, or one whose octets nobody has asked for yet. */
  #reading: Promise<Buffer | null> | null = null
  #resting = false
  #stale = false
  /** It was closed because it took too long as a whole. */
  #overdue = false
  /** The last that came is a reply behind which the server still listens. */
  #listens = false
  /** What was said and shown to nobody. */
  readonly #hidden = new Set<string>()

  constructor(connection: Connection, cx: ClientSurroundings) {
    this.connection = connection
    this.#cx = cx
  }

  /** The server has said or done something that nothing was asked for: it is about to go, or gone. */
  get stale(): boolean {
    return this.#stale || this.#reader.pending
  }

  /**
   * Drives a machine to its end, which comes within `limit` milliseconds: a server that answers each time just before it
   * would be too late has no connection for ever. Rejects for faults of ours alone, such as those of `content`, and closes.
   */
  async run<End>(machine: Machine<End>, limit: number, content: ClientContent | null = null): Promise<End> {
    const cancel = this.#cx.clock.after(limit, () => {
      this.#overdue = true
      this.connection.destroy()
    })
    try {
      return await this.#run(machine, content)
    } catch (fault) {
      this.connection.destroy()
      throw fault
    } finally {
      cancel()
    }
  }

  async #run<End>(machine: Machine<End>, content: ClientContent | null): Promise<End> {
    let effects = machine.start()
    this.#resting = false
    // What came unasked is no answer to what is said next: the machine hears of it first.
    if (this.stale) effects = machine.on(await this.#unasked())
    while (machine.end === null) {
      let event: ClientEvent | null = null
      for (const effect of effects) event = await this.#perform(effect, content)
      if (event === null) throw new Error('a machine of the client waits for nothing')
      effects = machine.on(event)
    }
    return machine.end
  }

  /** RFC 5321 §4.1.1.10. Whatever comes of it. */
  async quit(): Promise<void> {
    this.#resting = false
    await this.#perform(QUIT, null)
    await this.#awaited('quit')
  }

  /** QUIT to a server that is of no use, unless it is gone or goes by itself, and nobody waits for what it says. */
  leave(): void {
    if (this.#listens) {
      void this.#perform(QUIT, null)
      void this.connection.end()
    } else this.connection.destroy()
  }

  /** From now on nothing is expected; what comes all the same, or the end, makes the connection stale. */
  rest(): void {
    this.#resting = true
    const disturbed = (): void => {
      this.#stale ||= this.#resting
    }
    this.#read().then(disturbed, disturbed)
  }

  async #perform(effect: Effect, content: ClientContent | null): Promise<ClientEvent | null> {
    const { connection } = this
    switch (effect.kind) {
      case 'write':
        connection.out.text(`${effect.line}\r\n`)
        this.#cx.transcript.client(this.#shown(effect.line, effect.shown))
        return null
      case 'await':
        return this.#awaited(effect.phase)
      case 'secure':
        return this.#secure(effect.verify)
      case 'derive':
        connection.clearDeadline()
        return { kind: 'derived', key: await deriveKey(effect.password, effect.salt, effect.iterations, 32, 'sha256') }
      case 'content':
        return content === null ? null : this.#sendDotted(content)
      case 'chunk':
        return content === null ? null : this.#sendChunk(content, effect.octets, effect.last)
    }
  }

  /** Where not all may be seen, it is the last word that may not. */
  #shown(line: string, shown = line): string {
    const secret = line.slice(line.lastIndexOf(' ') + 1)
    if (shown !== line && secret !== '') this.#hidden.add(secret)
    return shown
  }

  /** There are servers that repeat what they do not take, and what they say goes on to people. A challenge (3yz) does not. */
  #masked(reply: SmtpReply): SmtpReply {
    if (reply.code < 400 && reply.code >= 300) return reply
    const lines = reply.lines.map((line) => [...this.#hidden].reduce((text, one) => text.replaceAll(one, MASK), line))
    return { ...reply, lines }
  }

  async #awaited(phase: Phase): Promise<ClientEvent> {
    this.connection.deadline(phase, limitOf(phase))
    const event = await this.#event()
    this.connection.clearDeadline()
    this.#listens = event.kind === 'reply' && event.reply.code !== 421
    const { transcript } = this.#cx
    if (event.kind === 'reply') transcript.server(event.reply.code, event.reply.lines)
    else if (event.kind === 'timeout') transcript.note(`timed out waiting for ${phases[phase].words}`)
    else if (event.kind === 'lost') transcript.note(`connection lost${event.why === null ? '' : `: ${event.why}`}`)
    else if (event.kind === 'garbage') transcript.note(event.why)
    return event
  }

  /** RFC 5321 §3.8: a server that has to go says 421 without being asked, and nothing else. */
  async #unasked(): Promise<ClientEvent> {
    const event = await this.#awaited('quit')
    if (event.kind !== 'reply' || event.reply.code === 421) return event
    return { kind: 'garbage', why: 'it said more than it was asked for' }
  }

  async #event(): Promise<ClientEvent> {
    try {
      for (;;) {
        const reply = this.#reader.next()
        if (reply !== null) return { kind: 'reply', reply: this.#masked(reply) }
        const chunk = await this.#read()
        if (chunk === null) return { kind: 'lost', why: null }
        this.#reading = null
        this.#reader.push(chunk)
      }
    } catch (error) {
      return this.#failureOf(error)
    }
  }

  /** @throws what is no doing of the server */
  #failureOf(error: unknown): ClientEvent {
    if (error instanceof BadReply) return { kind: 'garbage', why: error.message }
    if (error instanceof DeadlineExpired || (error instanceof Disconnected && this.#overdue)) return { kind: 'timeout' }
    if (!(error instanceof Disconnected)) throw error
    return { kind: 'lost', why: error.message === new Disconnected().message ? null : oneLine(error.message) }
  }

  #read(): Promise<Buffer | null> {
    this.connection.out.flush()
    this.#reading ??= this.connection.read()
    return this.#reading
  }

  async #secure(verify: boolean): Promise<ClientEvent> {
    this.#listens = false
    const { transcript, serverName: host, trust } = this.#cx
    if (this.#reader.pending || this.connection.unread)
      return { kind: 'garbage', why: 'something was sent in clear behind its answer to STARTTLS' }
    try {
      const secureContext = trust === undefined ? {} : { secureContext: trust }
      const { version, cipher } = await this.connection.startTlsAsClient({ host, verify, ...secureContext })
      transcript.note(`${version} with ${cipher}`)
      return { kind: 'secured' }
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error
      // It has names in it that a certificate has, which may be anybody's.
      const why = oneLine(error.message)
      transcript.note(`TLS failed: ${why}`)
      return { kind: 'not-secured', why }
    }
  }

  async #sendDotted(content: ClientContent): Promise<ClientEvent> {
    const { out } = this.connection
    const encoder = new DotEncoder()
    for (
      let piece = await content.take(clientLimits.piece);
      piece !== null;
      piece = await content.take(clientLimits.piece)
    ) {
      for (const part of encoder.push(piece)) out.bytes(part)
      const trouble = encoder.bareLineEnd ? ({ kind: 'unfit' } as const) : await this.#interruption()
      if (trouble !== null) return this.#brokenOff(content, trouble)
    }
    const end = encoder.end()
    const trouble = encoder.bareLineEnd ? ({ kind: 'unfit' } as const) : await this.#interruption()
    if (trouble !== null) return this.#brokenOff(content, trouble)
    // Nothing comes between these octets and 'sent': from here on the server may have the message.
    out.bytes(end)
    return this.#sent(content)
  }

  async #sendChunk(content: ClientContent, octets: number, last: boolean): Promise<ClientEvent> {
    for (let left = octets; left > 0; ) {
      const piece = await content.take(Math.min(left, clientLimits.piece))
      left -= piece?.length ?? 0
      const wrong = piece === null || (last && left === 0 && !(await content.ended()))
      if (wrong) throw new Error(`a message has another size than the ${octets} octets announced of it`)
      this.connection.out.bytes(piece)
      if (left === 0) break
      const trouble = await this.#interruption()
      if (trouble !== null) return this.#brokenOff(content, trouble)
    }
    return this.#sent(content)
  }

  #sent(content: ClientContent): ClientEvent {
    this.connection.out.flush()
    this.#cx.transcript.content(content.taken)
    return { kind: 'sent' }
  }

  #brokenOff(content: ClientContent, event: ClientEvent): ClientEvent {
    this.#cx.transcript.note(`broken off behind ${content.taken} octets of the message`)
    return event
  }

  /** Waits until the server takes more. Not null: it spoke in the middle, takes nothing, or is gone. */
  async #interruption(): Promise<ClientEvent | null> {
    const { connection } = this
    if (connection.unread || this.#reader.pending) return this.#awaited('block')
    let cancel = (): void => {}
    const late = new Promise<'late'>((resolve) => {
      cancel = this.#cx.clock.after(limitOf('block'), () => resolve('late'))
    })
    try {
      if ((await Promise.race([connection.room(), late])) !== 'late') return null
    } catch (error) {
      return this.#failureOf(error)
    } finally {
      cancel()
    }
    return connection.unread ? this.#awaited('block') : { kind: 'timeout' }
  }
}
