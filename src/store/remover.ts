/**
 * Erases what removed mailboxes have left behind, one bounded slice after the other, so that the mail of others
 * is never kept waiting. What a crash or a refusal of the disk leaves over goes at the next start, or with the
 * next removal.
 */
export class Remover {
  readonly #eraseSlice: () => Promise<boolean>
  readonly #onFailure: (error: unknown) => void
  #running = false
  #again = false

  /** `eraseSlice` says whether something may be left. */
  constructor(eraseSlice: () => Promise<boolean>, onFailure: (error: unknown) => void) {
    this.#eraseSlice = eraseSlice
    this.#onFailure = onFailure
  }

  wake(): void {
    this.#again = true
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#again) {
      this.#again = false
      try {
        while (await this.#eraseSlice()) {}
      } catch (error) {
        this.#onFailure(error)
      }
    }
    this.#running = false
  }
}
