/** What the writer thread and the protocol thread say to each other. */
import type { Effects, Outcome } from '../ops.js'
import type { Numbered } from './group-commit.js'

export type ToWriter =
  | { readonly kind: 'ops'; readonly ops: readonly Numbered[] }
  /** Reads or sets a pragma of the write connection: how tests see that it is as durable as we say. */
  | { readonly kind: 'pragma'; readonly id: number; readonly pragma: string }
  /** Finish what waits, then go. */
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'batch'
      readonly ids: readonly number[]
      readonly outcomes: readonly Outcome[]
      readonly effects: Effects
      /** Milliseconds that the commit took. */
      readonly duration: number
    }
  | { readonly kind: 'pragma'; readonly id: number; readonly value: unknown }
