/** Every command as its parser returns it. `table.ts` does not compile while one of them lacks a row. */
import type { Fetch } from './commands/fetch.js'

/** A command without arguments. */
export interface Bare<N extends string> {
  readonly name: N
}

export type Command = Fetch
