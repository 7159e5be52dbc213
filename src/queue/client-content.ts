/** The octets of a message on their way out, in pieces of a size that whoever sends them wants. */

export class ClientContent {
  readonly #iterator: AsyncIterator<Buffer>
  #held: Buffer | null = null
  #over = false
  #taken = 0

  constructor(octets: AsyncIterable<Buffer>) {
    this.#iterator = octets[Symbol.asyncIterator]()
  }

  /** Octets taken so far. */
  get taken(): number {
    return this.#taken
  }

  /** Between 1 and `max` octets; null: that was all. Rejects as the source does. */
  async take(max: number): Promise<Buffer | null> {
    const chunk = await this.#next()
    if (chunk === null) return null
    const piece = chunk.subarray(0, max)
    this.#held = piece.length < chunk.length ? chunk.subarray(max) : null
    this.#taken += piece.length
    return piece
  }

  /** True when nothing is left. Rejects as the source does. */
  async ended(): Promise<boolean> {
    this.#held = await this.#next()
    return this.#held === null
  }

  /** Lets go of the source, whose end may not have been reached. */
  async close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#held = null
    await this.#iterator.return?.()
  }

  async #next(): Promise<Buffer | null> {
    while (this.#held === null || this.#held.length === 0) {
      if (this.#over) return null
      const { value, done } = await this.#iterator.next()
      this.#over = done === true
      this.#held = done === true ? null : value
    }
    return this.#held
  }
}
