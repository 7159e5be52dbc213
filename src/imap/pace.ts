/** Shares the thread: whoever has much to do lets other connections be heard in between. */

/** Octets of work after which others get a turn: some 3 ms at worst, when they are header fields to choose from. */
const TURN_OCTETS = 64 * 1024

/** A macrotask, so that sockets are read and timers fire. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Pace {
  #octets = 0

  /** Resolves at once, or after the others' turn. Work that is no octets is counted as some. */
  async spend(octets: number): Promise<void> {
    this.#octets += octets
    if (this.#octets < TURN_OCTETS) return
    this.#octets = 0
    await turn()
  }
}
