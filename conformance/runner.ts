/** Plays a transcript in a world: sends what the clients say, and holds every response against what is written. */
import type { Duplex } from 'node:stream'
import { Client } from './client.js'
import type { Cut } from './cuts.js'
import { readFixture } from './files.js'
import { isImap, quantity, type Start } from './header.js'
import { introduce } from './introduction.js'
import { type Outcome, shown, TranscriptFailure } from './outcome.js'
import { type Captures, holds, substitute } from './pattern.js'
import { matchResponse } from './response.js'
import type { Expected, OctetString, Piece, Step, Transcript } from './transcript.js'
import type { Place, Uses, World } from './world.js'

/** What a transcript asks of its world. */
export function usesOf({ steps }: Transcript): Uses {
  const acts = steps.flatMap((step) => (step.kind === 'act' ? [step.words[0] ?? ''] : []))
  return { time: steps.some(({ kind }) => kind === 'time'), acts: acts.filter((act) => !OWN_ACTS.has(act)) }
}

/** Lines of one response or one sending that a failure shows. */
const NOTED = 30

/** X: lines that only need the clients. */
const OWN_ACTS: ReadonlySet<string> = new Set(['starttls', 'drop', 'end', 'connect'])

/** Plays `transcript` once. Rejects only for what is wrong with the place, not for what the server does. */
export async function play(transcript: Transcript, place: Place, cut: Cut): Promise<Outcome> {
  const reason = place.cannot(transcript.header, usesOf(transcript))
  if (reason !== null) return { kind: 'skipped', reason }
  const world = await place.open(transcript.header)
  const performance = new Performance(transcript, world, cut)
  try {
    await performance.run()
  } catch (error) {
    await world.close().catch(() => [])
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message }
    return { kind: 'failed', failure: performance.failureOf(error) }
  }
  const problems = await world.close()
  if (problems.length === 0) return { kind: 'passed', dialogue: performance.dialogue }
  return { kind: 'failed', failure: performance.failureOf(new Error(problems.join('\n'))) }
}

/** The server does not offer what the transcript needs. */
class Skipped extends Error {}

class Performance {
  readonly #transcript: Transcript
  readonly #world: World
  readonly #cut: Cut
  readonly #clients = new Map<number, Client>()
  readonly #captures: Captures
  readonly dialogue: string[] = []
  #at = 1

  constructor(transcript: Transcript, world: World, cut: Cut) {
    this.#transcript = transcript
    this.#world = world
    this.#cut = cut
    this.#captures = new Map(world.given)
  }

  async run(): Promise<void> {
    const { connections } = this.#transcript.header
    for (const i of connections.keys()) await this.#connect(i + 1)
    for (const step of this.#transcript.steps) {
      this.#at = step.at
      await this.#play(step)
    }
    await this.#world.silence()
    for (const [conn, client] of this.#clients)
      if (client.waiting !== '')
        throw new Error(`connection ${conn} was sent more than is written: ${shown(client.waiting)}`)
  }

  failureOf(error: unknown): TranscriptFailure {
    const what = error instanceof Error ? error.message : String(error)
    const { file } = this.#transcript
    return new TranscriptFailure({ file, at: this.#at, cut: this.#cut.name, dialogue: this.dialogue }, what)
  }

  async #connect(conn: number, state?: string): Promise<void> {
    const start = this.#transcript.header.connections[conn - 1] ?? this.#transcript.header.connections[0]
    if (start === undefined) throw new Error(`there is no connection ${conn}`)
    const stream: Duplex = await this.#world.connect(start.service)
    const client = new Client(stream, { literals: isImap(start.service), handshake: this.#world.handshake })
    this.#clients.set(conn, client)
    const as: Start = state === undefined ? start : { ...start, state: state as Start['state'] }
    const lacks = await introduce(client, as, this.#world, this.#captures, this.#transcript.header)
    if (lacks !== null) throw new Skipped(`the server does not offer ${lacks}`)
    this.#noteChannel(conn)
  }

  async #startTls(conn: number): Promise<void> {
    await this.#client(conn).startTls(this.#captures.get('hostname') ?? '')
    this.#noteChannel(conn)
  }

  /** What SCRAM-SHA-256-PLUS binds to. */
  #noteChannel(conn: number): void {
    const { exporter, endPoint } = this.#client(conn)
    const number = conn === 1 ? '' : conn
    if (exporter !== null) this.#captures.set(`tls_exporter${number}`, exporter.toString('base64'))
    if (endPoint !== null) this.#captures.set(`tls_end_point${number}`, endPoint.toString('base64'))
  }

  #play(step: Step): Promise<void> | void {
    switch (step.kind) {
      case 'send':
        return this.#send(step.conn, step.pieces)
      case 'expect':
        return step.optional ? this.#maybe(step.conn, step.response) : this.#expect(step.conn, step.response)
      case 'any-order':
        return this.#anyOrder(step.conn, step.responses)
      case 'closed':
        return this.#closed(step.conn)
      case 'time':
        return this.#advance(step.by)
      case 'act':
        return this.#act(step.words)
      case 'verify':
        if (!holds(step.relation, this.#captures)) throw new Error(`${step.relation} does not hold`)
    }
  }

  #client(conn: number): Client {
    const client = this.#clients.get(conn)
    if (client === undefined) throw new Error(`there is no connection ${conn}`)
    return client
  }

  async #send(conn: number, pieces: readonly Piece[]): Promise<void> {
    const client = this.#client(conn)
    if (client.waiting !== '')
      throw new Error(`connection ${conn} was sent more than is written: ${shown(client.waiting)}`)
    const octets = await this.#octetsOf(pieces)
    this.#note('C', conn, octets)
    for (const piece of this.#cut.apply(Buffer.from(octets, 'latin1'))) {
      client.write(piece)
      await this.#world.pause()
    }
  }

  /** `{#}` in a line becomes the size of the literal that comes next, in this step or a later one. */
  async #octetsOf(pieces: readonly Piece[]): Promise<OctetString> {
    let octets = ''
    for (const [i, piece] of pieces.entries()) {
      if (piece.kind !== 'line') octets += await this.#literal([piece])
      else octets += `${substitute(await this.#sized(piece.text, pieces.slice(i + 1)), this.#captures)}\r\n`
    }
    return octets
  }

  async #sized(text: OctetString, behind: readonly Piece[]): Promise<OctetString> {
    if (!/\{#\+?\}$/.test(text)) return text
    const later = behind.length > 0 ? behind : this.#nextSent()
    const end = later.findIndex((piece) => piece.kind === 'line')
    const size = (await this.#literal(end === -1 ? later : later.slice(0, end))).length
    if (size === 0) throw new Error('{#} announces a literal that does not follow')
    return text.replace(/\{#(\+?)\}$/, `{${size}$1}`)
  }

  /** What this connection sends after the server has answered. */
  #nextSent(): readonly Piece[] {
    const next = this.#transcript.steps.find(
      (step) => step.kind === 'send' && step.at > this.#at && step.conn === this.#conn,
    )
    return next?.kind === 'send' ? next.pieces : []
  }

  get #conn(): number {
    const step = this.#transcript.steps.find(({ at }) => at === this.#at)
    return step !== undefined && 'conn' in step ? step.conn : 1
  }

  async #literal(pieces: readonly Piece[]): Promise<OctetString> {
    let octets = ''
    for (const piece of pieces) {
      if (piece.kind === 'file') octets += (await readFixture(piece.name)).toString('latin1')
      else if (piece.kind !== 'line') octets += substitute(piece.octets, this.#captures)
    }
    return octets
  }

  async #expect(conn: number, response: Expected): Promise<void> {
    const came = await this.#arrived(conn)
    if (came === null) throw new Error(`expected ${this.#words(response)}, and ${this.#nothing(conn)}`)
    const captures = await this.#match(response, came)
    if (captures === null) throw new Error(`expected ${this.#words(response)}\n  came     ${shown(came)}`)
    this.#took(conn, captures)
  }

  async #maybe(conn: number, response: Expected): Promise<void> {
    const came = await this.#arrived(conn)
    const captures = came === null ? null : await this.#match(response, came)
    if (captures !== null) this.#took(conn, captures)
  }

  async #anyOrder(conn: number, responses: readonly Expected[]): Promise<void> {
    const left = [...responses]
    while (left.length > 0) {
      const came = await this.#arrived(conn)
      const words = left.map((one) => this.#words(one)).join('\n        or ')
      if (came === null) throw new Error(`expected ${words}, and ${this.#nothing(conn)}`)
      const found = await this.#among(left, came)
      if (found === null) throw new Error(`expected ${words}\n  came     ${shown(came)}`)
      left.splice(found.i, 1)
      this.#took(conn, found.captures)
    }
  }

  async #among(
    left: readonly Expected[],
    came: OctetString,
  ): Promise<{ i: number; captures: ReadonlyMap<string, string> } | null> {
    for (const [i, response] of left.entries()) {
      const captures = await this.#match(response, came)
      if (captures !== null) return { i, captures }
    }
    return null
  }

  async #closed(conn: number): Promise<void> {
    const client = this.#client(conn)
    await this.#world.arrival(client)
    if (client.waiting !== '') throw new Error(`expected the end, came     ${shown(client.waiting)}`)
    if (!client.closed) await this.#world.silence()
    if (!client.closed) throw new Error('expected the end, and the connection is open')
    this.#note('S', conn, '<closed>\r\n')
  }

  async #advance(by: string): Promise<void> {
    if (!by.startsWith('+')) throw new Error(`"T: ${by}" is no "T: +29m"`)
    this.dialogue.push(`T: ${by}`)
    await this.#world.advance(quantity(by.slice(1)))
  }

  async #act(words: readonly string[]): Promise<void> {
    this.dialogue.push(`X: ${words.join(' ')}`)
    const [verb = '', name = '1', state] = words
    const conn = Number(name)
    if (verb === 'starttls') await this.#startTls(conn)
    else if (verb === 'drop') this.#client(conn).drop()
    else if (verb === 'end') this.#client(conn).end()
    else if (verb === 'connect') await this.#connect(conn, state)
    else await this.#world.act(words)
    await this.#world.pause()
  }

  async #arrived(conn: number): Promise<OctetString | null> {
    const client = this.#client(conn)
    if (client.peek() === null) await this.#world.arrival(client)
    return client.peek()
  }

  #took(conn: number, captures: ReadonlyMap<string, string>): void {
    this.#note('S', conn, `${this.#client(conn).take() ?? ''}\r\n`)
    for (const [name, value] of captures) this.#captures.set(name, value)
  }

  #nothing(conn: number): string {
    const { ended, waiting } = this.#client(conn)
    if (waiting !== '') return `only this came: ${shown(waiting)}`
    return ended ? 'the server has closed the connection' : 'nothing came'
  }

  #match({ pieces }: Expected, came: OctetString): Promise<Captures | null> {
    return matchResponse(pieces, came, this.#captures, async (name) => (await readFixture(name)).toString('latin1'))
  }

  #words({ pieces }: Expected): string {
    const words = pieces.map((piece) => {
      if (piece.kind === 'line') return piece.text
      return piece.kind === 'file' ? `<octets of ${piece.name}>` : piece.octets
    })
    return shown(
      words.map((word, i) => (pieces[i]?.kind === 'line' && i < words.length - 1 ? `${word}\r\n` : word)).join(''),
    )
  }

  #note(side: 'C' | 'S', conn: number, octets: OctetString): void {
    const lines = octets.replace(/\r\n$/, '').split('\r\n')
    const head = lines.length > NOTED ? [...lines.slice(0, NOTED), `…(${octets.length} octets)`] : lines
    for (const line of head) this.dialogue.push(`${side}${conn === 1 ? '' : conn}: ${line}`)
  }
}
