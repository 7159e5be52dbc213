/** How far a run of the tester has come: one line on the terminal, rewritten; nothing where there is none. */
import type { Watcher } from '../../conformance/campaign.js'
import { nameOf } from '../../conformance/result.js'

/** A terminal, or what a test puts in its place. */
export interface Screen {
  readonly columns?: number
  write(text: string): unknown
}

/** Back to the beginning of the line, and to its end nothing. */
const REWRITE = '\r\x1b[K'

export class Progress implements Watcher {
  readonly #screen: Screen | null
  readonly #total: number
  #done = 0
  #failed = 0

  constructor(total: number, screen: Screen | null) {
    this.#total = total
    this.#screen = screen
  }

  begins(transcript: Parameters<Watcher['begins']>[0]): void {
    const failed = this.#failed === 0 ? '' : `  ${this.#failed} failed`
    this.#show(`${this.#done + 1}/${this.#total}  ${nameOf(transcript)}${failed}`)
  }

  ended({ outcome }: Parameters<Watcher['ended']>[0]): void {
    this.#done++
    if (outcome === 'failed') this.#failed++
  }

  /** Leaves no trace. */
  clear(): void {
    this.#screen?.write(REWRITE)
  }

  #show(line: string): void {
    this.#screen?.write(`${REWRITE}${line.slice(0, (this.#screen.columns ?? 80) - 1)}`)
  }
}
