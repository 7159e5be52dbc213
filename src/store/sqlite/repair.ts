/**
 * `store repair`: check, set right what was found, check again. The finding is done in a thread, the setting right
 * by the writer in many small operations, so mail flows meanwhile and no session waits long.
 */
import type { Clock } from '../../core/clock.js'
import { storeLimits } from '../../core/limits.js'
import { StoreError } from '../errors.js'
import type { Fix } from '../fixes.js'
import type { Submit } from '../ops.js'
import type { Problem, Repair } from '../store.js'
import type { Finding } from './check.js'

export interface RepairParts {
  /** A whole check, each time it is called. */
  readonly find: () => Promise<readonly Finding[]>
  /** Makes what mail of earlier releases lacks; gives how many sort keys and threads. */
  readonly derive: () => Promise<number>
  readonly submit: Submit
  readonly clock: Clock
}

export class Repairer {
  readonly #parts: RepairParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: RepairParts) {
    this.#parts = parts
  }

  /** One after the other: two that had looked at the same time would both add what was missing. */
  repair({ dryRun }: { readonly dryRun: boolean }): Promise<Repair> {
    const run = this.#last.then(() => (dryRun ? this.#plan() : this.#run()))
    this.#last = run.catch(() => {})
    return run
  }

  async #plan(): Promise<Repair> {
    const found = await this.#parts.find()
    const repairable = (finding: Finding): boolean => finding.fixes.length > 0
    return {
      done: found.filter(repairable).map(asProblem),
      left: found.filter((finding) => !repairable(finding)).map(asProblem),
    }
  }

  /** What one round sets right may bring something else to light. */
  async #run(): Promise<Repair> {
    const done: Problem[] = []
    for (let round = 0; ; round++) {
      const found = await this.#parts.find()
      const before = done.length
      if (round < storeLimits.repairRounds) for (const finding of found) done.push(...(await this.#fix(finding)))
      if (done.length > before) continue
      done.push(...(await this.#derive()))
      if (done.length === before) return { done, left: found.map(asProblem) }
    }
  }

  /** Last, for it needs what a repair makes again; what it makes is looked through once more. */
  async #derive(): Promise<Problem[]> {
    const made = await this.#parts.derive().catch(unlessRefused)
    if (made === 0) return []
    return [{ kind: 'not-derived', detail: `made ${made} sort keys and threads of mail of earlier releases` }]
  }

  async #fix({ kind, fixes }: Finding): Promise<Problem[]> {
    const done: Problem[] = []
    for (let at = 0; at < fixes.length; at += storeLimits.batchOperations) {
      const slice = fixes.slice(at, at + storeLimits.batchOperations)
      const said = await Promise.all(slice.map((fix) => this.#apply(fix)))
      for (const detail of said) if (detail !== null) done.push({ kind, detail })
    }
    return done
  }

  #apply(fix: Fix): Promise<string | null> {
    return this.#parts.submit({ kind: 'repair', fix, at: this.#parts.clock.now() })
  }
}

/** What kept it from being made is damage that the check tells of, or a disk that the log tells of. */
function unlessRefused(error: unknown): number {
  if (error instanceof StoreError) return 0
  throw error
}

const asProblem = ({ kind, detail }: Finding): Problem => ({ kind, detail })
