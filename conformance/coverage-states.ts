/** In which states transcripts show each IMAP command, and how it ended there. */
import type { StateName } from '../src/imap/context.js'
import { commands } from '../src/imap/table.js'
import type { ImapState } from './header.js'
import type { Transcript } from './transcript.js'
import { responsesOf, textOf } from './transcript-lines.js'

/** The states of RFC 3501 §3, and what EXAMINE makes of the last. */
type Place = StateName | 'read-only'
type Status = 'OK' | 'NO' | 'BAD'

const PLACES: readonly Place[] = ['not-authenticated', 'authenticated', 'selected', 'read-only']

const BEGINNING: { readonly [S in ImapState]: Place } = {
  greeting: 'not-authenticated',
  connected: 'not-authenticated',
  secured: 'not-authenticated',
  auth: 'authenticated',
  selected: 'selected',
}

/** Where a command leads that ends OK, and where one that ends NO. */
const LEADS: { readonly [S in Exclude<Status, 'BAD'>]: { readonly [command: string]: Place } } = {
  OK: {
    LOGIN: 'authenticated',
    AUTHENTICATE: 'authenticated',
    SELECT: 'selected',
    EXAMINE: 'read-only',
    CLOSE: 'authenticated',
    UNSELECT: 'authenticated',
  },
  NO: { SELECT: 'authenticated', EXAMINE: 'authenticated' },
}

/** @returns one line for each command and state without a transcript: it runs where it may, and is BAD where it may not */
export function uncoveredStates(transcripts: readonly Transcript[]): string[] {
  const shown = new Set(transcripts.flatMap((transcript) => [...endingsOf(transcript)]))
  return Object.entries(commands).flatMap(([name, { states }]) =>
    PLACES.flatMap((place) => {
      const may = states.includes(place === 'read-only' ? 'selected' : place)
      // What is selected read-only may decline: STORE, EXPUNGE.
      const wanted: readonly Status[] = !may ? ['BAD'] : place === 'read-only' ? ['OK', 'NO'] : ['OK']
      const has = wanted.some((status) => shown.has(`${name} ${place} ${status}`))
      return has ? [] : [`IMAP command ${name}, ${place}, has no transcript in which it is ${wanted.join(' or ')}`]
    }),
  )
}

const COMMAND = /^(\S+) (UID \w+|\w+)(?: |$)/i
const TAGGED = /^(\S+) (OK|NO|BAD)(?: |$)/

/** `SELECT authenticated OK` for each command that a transcript has to its end. */
function* endingsOf({ header, steps }: Transcript): Generator<string> {
  const connections = header.connections.map(({ state }) => new Spectator(placeOf(state)))
  const spectator = (conn: number): Spectator => {
    connections[conn - 1] ??= new Spectator('not-authenticated')
    return connections[conn - 1] as Spectator
  }
  for (const step of steps) {
    if (step.kind === 'send') for (const line of textOf(step.pieces)) spectator(step.conn).sent(line)
    if (step.kind === 'expect' || step.kind === 'any-order')
      for (const { pieces } of responsesOf(step)) yield* spectator(step.conn).heard(textOf(pieces)[0] ?? '')
    if (step.kind === 'act' && step.words[0] === 'connect') {
      const conn = Number(step.words[1])
      connections[conn - 1] = new Spectator(placeOf(step.words[2] ?? header.connections[conn - 1]?.state ?? ''))
    }
  }
}

const placeOf = (state: string): Place => BEGINNING[state as ImapState] ?? 'not-authenticated'

/** One connection, seen from outside. */
class Spectator {
  #place: Place
  /** Commands by tag that have not been completed. */
  readonly #running = new Map<string, string>()

  constructor(place: Place) {
    this.#place = place
  }

  sent(line: string): void {
    const [, tag = '', name = ''] = COMMAND.exec(line) ?? []
    if (name.toUpperCase() in commands) this.#running.set(tag, name.toUpperCase())
  }

  *heard(line: string): Generator<string> {
    const [, tag = '', status = ''] = TAGGED.exec(line) ?? []
    const name = this.#running.get(tag)
    if (name === undefined) return
    this.#running.delete(tag)
    yield `${name} ${this.#place} ${status}`
    if (status !== 'BAD') this.#place = LEADS[status as 'OK' | 'NO'][name] ?? this.#place
  }
}
