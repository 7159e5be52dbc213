/** One performance of a transcript in a world: sends what the clients say, and has a judge hear what the server answers. */
import type { Duplex } from 'node:stream'
import { Client } from './client.js'
import type { Cut } from './cuts.js'
import { ExactHearing } from './exact-hearing.js'
import { FairImapHearing } from './fair-imap-hearing.js'
import { FairSmtpHearing } from './fair-smtp-hearing.js'
import { isImap, quantity, type Service, type Start } from './header.js'
import { type Heard, type Hearing, type Judge, Skipped, type Stage } from './hearing.js'
import { introduce } from './introduction.js'
import { type Difference, Differs, shown, TranscriptFailure } from './outcome.js'
import { type Captures, holds } from './pattern.js'
import { octetsOf } from './sending.js'
import type { OctetString, Step, Transcript } from './transcript.js'
import type { World } from './world.js'

/** Lines of one response or one sending that a failure shows. */
const NOTED = 30

/** X: lines that only need the clients. */
export const OWN_ACTS: ReadonlySet<string> = new Set(['starttls', 'drop', 'end', 'connect'])

interface Connection {
  readonly client: Client
  readonly hearing: Hearing
}

export class Performance {
  readonly #transcript: Transcript
  readonly #world: World
  readonly #cut: Cut
  readonly #judge: Judge
  readonly #connections = new Map<number, Connection>()
  readonly #captures: Captures
  readonly dialogue: string[] = []
  #line = 1

  constructor(transcript: Transcript, world: World, { cut, judge }: { readonly cut: Cut; readonly judge: Judge }) {
    this.#transcript = transcript
    this.#world = world
    this.#cut = cut
    this.#judge = judge
    this.#captures = new Map(world.given)
  }

  /** @throws Differs, Skipped, or Error for a transcript that cannot be played */
  async run(): Promise<void> {
    const { header, steps } = this.#transcript
    for (const i of header.connections.keys()) await this.#connect(i + 1)
    for (let i = 0; i < steps.length; ) i += await this.#play(steps.slice(i))
    await this.#world.silence()
    for (const { hearing } of this.#connections.values()) await hearing.ends()
  }

  failureOf(error: unknown): TranscriptFailure {
    const { file } = this.#transcript
    const difference = error instanceof Differs ? error.difference : differenceOf(error)
    const at = difference.line ?? this.#line
    return new TranscriptFailure({ file, at, cut: this.#cut.name, dialogue: this.dialogue }, difference)
  }

  async #connect(conn: number, state?: string): Promise<void> {
    const start = this.#transcript.header.connections[conn - 1] ?? this.#transcript.header.connections[0]
    if (start === undefined) throw new Error(`there is no connection ${conn}`)
    const stream: Duplex = await this.#world.connect(start.service)
    const client = new Client(stream, { literals: isImap(start.service), handshake: this.#world.handshake })
    const as: Start = state === undefined ? start : { ...start, state: state as Start['state'] }
    const found = await introduce(client, as, this.#world, this.#captures, this.#transcript.header)
    if (found.lacks !== null) throw new Skipped(`the server does not offer ${found.lacks}`)
    const [world, transcript, captures] = [this.#world, this.#transcript, this.#captures]
    const note = (octets: OctetString): void => this.#note('S', conn, octets)
    const hearing = hearingFor(this.#judge, start.service, {
      ...{ conn, client, world, transcript, captures, note },
      ...{ offered: found.offered, before: found.before },
    })
    this.#connections.set(conn, { client, hearing })
    this.#noteChannel(conn)
  }

  async #startTls(conn: number): Promise<void> {
    await this.#connection(conn).client.startTls(this.#captures.get('hostname') ?? '')
    this.#noteChannel(conn)
  }

  /** What SCRAM-SHA-256-PLUS binds to. */
  #noteChannel(conn: number): void {
    const { exporter, endPoint } = this.#connection(conn).client
    const number = conn === 1 ? '' : conn
    if (exporter !== null) this.#captures.set(`tls_exporter${number}`, exporter.toString('base64'))
    if (endPoint !== null) this.#captures.set(`tls_end_point${number}`, endPoint.toString('base64'))
  }

  /** Plays the first of `steps`, or as many as belong together. @returns how many that was */
  async #play(steps: readonly Step[]): Promise<number> {
    const [step] = steps
    if (step === undefined) return 1
    this.#line = step.at
    if (step.kind === 'expect' || step.kind === 'any-order') {
      const together = heardTogether(steps, step.conn)
      return this.#connection(step.conn).hearing.hear(together, steps.slice(together.length))
    }
    if (step.kind === 'send') await this.#send(step, steps.slice(1))
    else if (step.kind === 'closed') await this.#closed(step.conn)
    else if (step.kind === 'time') await this.#advance(step.by)
    else if (step.kind === 'wait') await this.#wait(step.by)
    else if (step.kind === 'act') await this.#act(step.words)
    else if (!holds(step.relation, this.#captures)) throw new Error(`${step.relation} does not hold`)
    return 1
  }

  #connection(conn: number): Connection {
    const connection = this.#connections.get(conn)
    if (connection === undefined) throw new Error(`there is no connection ${conn}`)
    return connection
  }

  async #send(step: Extract<Step, { kind: 'send' }>, ahead: readonly Step[]): Promise<void> {
    const { client, hearing } = this.#connection(step.conn)
    const octets = await octetsOf(step, ahead, this.#captures)
    await hearing.sends(octets, ahead)
    this.#note('C', step.conn, octets)
    for (const piece of this.#cut.apply(Buffer.from(octets, 'latin1'))) {
      client.write(piece)
      await this.#world.pause()
    }
  }

  async #closed(conn: number): Promise<void> {
    const { client, hearing } = this.#connection(conn)
    await this.#world.arrival(client)
    if (client.waiting !== '') await hearing.ends()
    if (!client.closed) await this.#world.silence()
    if (!client.closed)
      throw new Differs({ what: 'the connection is open', expected: '<closed>', came: shown(client.waiting) || null })
    this.#note('S', conn, '<closed>\r\n')
  }

  async #advance(by: string): Promise<void> {
    if (!by.startsWith('+')) throw new Error(`"T: ${by}" is no "T: +29m"`)
    this.dialogue.push(`T: ${by}`)
    await this.#world.advance(quantity(by.slice(1)))
  }

  /** Where time passes by itself, what comes next is waited for. */
  async #wait(by: string): Promise<void> {
    if (this.#world.waits !== true) await this.#advance(by)
  }

  async #act(words: readonly string[]): Promise<void> {
    this.dialogue.push(`X: ${words.join(' ')}`)
    const [verb = '', name = '1', state] = words
    const conn = Number(name)
    if (verb === 'starttls') await this.#startTls(conn)
    else if (verb === 'drop') this.#connection(conn).client.drop()
    else if (verb === 'end') this.#connection(conn).client.end()
    else if (verb === 'connect') await this.#connect(conn, state)
    else await this.#world.act(words)
    await this.#world.pause()
  }

  #note(side: 'C' | 'S', conn: number, octets: OctetString): void {
    const lines = octets.replace(/\r\n$/, '').split('\r\n')
    const head = lines.length > NOTED ? [...lines.slice(0, NOTED), `…(${octets.length} octets)`] : lines
    for (const line of head) this.dialogue.push(`${side}${conn === 1 ? '' : conn}: ${line}`)
  }
}

function hearingFor(judge: Judge, service: Service, stage: Stage): Hearing {
  if (judge === 'exact') return new ExactHearing(stage)
  return isImap(service) ? new FairImapHearing(stage) : new FairSmtpHearing(stage)
}

/** The responses with which `steps` begin, as long as they come over connection `conn`. */
function heardTogether(steps: readonly Step[], conn: number): Heard[] {
  const heard: Heard[] = []
  for (const step of steps) {
    if ((step.kind !== 'expect' && step.kind !== 'any-order') || step.conn !== conn) break
    heard.push(step)
  }
  return heard
}

const differenceOf = (error: unknown): Difference => ({
  what: error instanceof Error ? error.message : String(error),
  expected: null,
  came: null,
})
