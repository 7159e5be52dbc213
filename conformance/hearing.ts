/** How what one server connection says is held against a transcript: the seam between the runner and its judges. */
import type { Client } from './client.js'
import type { Captures } from './pattern.js'
import type { OctetString, Step, Transcript } from './transcript.js'
import type { World } from './world.js'

/** `exact`: every line as it is written. `fair`: what a conforming server may say instead is accepted. */
export type Judge = 'exact' | 'fair'

/** The server does not offer what the transcript needs. */
export class Skipped extends Error {}

/** A step in which a server speaks. */
export type Heard = Extract<Step, { readonly kind: 'expect' | 'any-order' }>

/** What a hearing knows of its connection and may do with it. */
export interface Stage {
  readonly conn: number
  readonly client: Client
  readonly world: World
  readonly transcript: Transcript
  /** Of all connections; a hearing adds to them. */
  readonly captures: Captures
  /** Capabilities and EHLO keywords that the server has shown before the first line; null when it was not asked. */
  readonly offered: ReadonlySet<string> | null
  /** Untagged responses, or lines of replies, that came before the first line. */
  readonly before: readonly OctetString[]
  /** Writes into the dialogue what the server said. */
  note(octets: OctetString): void
}

/** One connection's. All methods throw Differs for what is not as it should be. */
export interface Hearing {
  /** `octets` go out next: what waits has not been written, and must be what may come unwritten. `ahead` is behind it. */
  sends(octets: OctetString, ahead: readonly Step[]): Promise<void> | void
  /**
   * Holds what comes against the first of `steps`, or as many of them as belong together.
   * @param steps steps of this connection that follow one another, one at least
   * @param ahead what is written behind them, for all connections
   * @returns how many of `steps` that was
   */
  hear(steps: readonly Heard[], ahead: readonly Step[]): Promise<number>
  /** Nothing more is written: as `sends`. */
  ends(): Promise<void> | void
}
