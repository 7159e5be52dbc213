/** The exact judge: each line comes as it is written, where it is written. */
import { arrived, nothing, unwritten, wordsOf } from './expectation.js'
import { readFixture } from './files.js'
import type { Heard, Hearing, Stage } from './hearing.js'
import { Differs, shown } from './outcome.js'
import type { Captures } from './pattern.js'
import { matchResponse } from './response.js'
import type { Expected, OctetString } from './transcript.js'

export class ExactHearing implements Hearing {
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  sends(): void {
    if (this.#stage.client.waiting !== '') throw unwritten(this.#stage)
  }

  ends(): void {
    this.sends()
  }

  async hear([step]: readonly Heard[]): Promise<number> {
    if (step === undefined) return 0
    if (step.kind === 'any-order') await this.#anyOrder(step.responses)
    else if (step.optional) await this.#maybe(step.response)
    else await this.#anyOrder([step.response])
    return 1
  }

  async #maybe(response: Expected): Promise<void> {
    const came = await arrived(this.#stage)
    const captures = came === null ? null : await this.#match(response, came)
    if (captures !== null) this.#took(captures)
  }

  async #anyOrder(responses: readonly Expected[]): Promise<void> {
    const left = [...responses]
    while (left.length > 0) {
      const came = await arrived(this.#stage)
      const expected = left.map(wordsOf).join('\nor ')
      if (came === null) throw nothing(this.#stage, expected)
      const found = await this.#among(left, came)
      if (found === null) throw new Differs({ what: 'another response came', expected, came: shown(came) })
      left.splice(found.i, 1)
      this.#took(found.captures)
    }
  }

  async #among(left: readonly Expected[], came: OctetString): Promise<{ i: number; captures: Captures } | null> {
    for (const [i, response] of left.entries()) {
      const captures = await this.#match(response, came)
      if (captures !== null) return { i, captures }
    }
    return null
  }

  #took(captures: Captures): void {
    this.#stage.note(`${this.#stage.client.take() ?? ''}\r\n`)
    for (const [name, value] of captures) this.#stage.captures.set(name, value)
  }

  #match({ pieces }: Expected, came: OctetString): Promise<Captures | null> {
    return matchResponse(pieces, came, this.#stage.captures, async (name) =>
      (await readFixture(name)).toString('latin1'),
    )
  }
}
