/**
 * Remembers where addresses lead, for mail comes to the same ones again and again, and after each commit of the writer
 * a look-up reads every page anew: a tenth of what the protocol thread did for a message. Whatever may change an
 * account or the name of a mailbox makes it forget everything, so that an answer is never older than the last write
 * that somebody was told of.
 */
import type { OpKind, Submit } from '../ops.js'
import type { Recipient } from '../store.js'

/** Operations that leave alone what a recipient is. Of any other it is not known. */
const HARMLESS: ReadonlySet<OpKind> = new Set([
  'accept',
  'append',
  'set-flags',
  'expunge',
  'take-recent',
  'copy-messages',
  'record-login',
  'record-extractions',
  'erase',
  'drop-files',
  'claim-due',
  'record-attempt',
  'release-claims',
  'drop-reports',
  'warn-delayed',
  'give-notice',
  'forget-deliveries',
  'forget-expunged',
  'barrier',
])

export class RecipientCache {
  readonly #most: number
  readonly #known = new Map<string, Recipient>()

  /** `most`: addresses that are remembered; of more the first goes. */
  constructor(most: number) {
    this.#most = most
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#known.size
  }

  /** What is remembered of `address`, or else what `read` says, which is remembered unless it is null. */
  find(address: string, read: () => Recipient | null): Recipient | null {
    const known = this.#known.get(address)
    if (known !== undefined) return known
    const found = read()
    if (found === null) return null
    for (const first of this.#known.keys()) {
      if (this.#known.size < this.#most) break
      this.#known.delete(first)
    }
    this.#known.set(address, found)
    return found
  }

  /** `submit`, which forgets before whoever submitted something hears that it is done, or was refused. */
  watch(submit: Submit): Submit {
    return (op) => (HARMLESS.has(op.kind) ? submit(op) : submit(op).finally(() => this.#known.clear()))
  }
}
