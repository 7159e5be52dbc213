/** How many recipients wait in the queue: counted on the way, and set right now and then, so that each line of the log may say it. */
import type { ControlStore } from '../store/control-store.js'

export class QueueSize {
  readonly #store: Pick<ControlStore, 'queueStats'>
  #recipients = 0

  constructor(store: Pick<ControlStore, 'queueStats'>) {
    this.#store = store
  }

  /** Those that wait or are held. */
  get recipients(): number {
    return this.#recipients
  }

  /** @param change recipients that came; negative: that are done */
  add(change: number): void {
    this.#recipients = Math.max(0, this.#recipients + change)
  }

  /** As the store has it: operators remove some, too. */
  async refresh(): Promise<void> {
    const { pending, held } = await this.#store.queueStats()
    this.#recipients = pending + held
  }
}
