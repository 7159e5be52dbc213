/** How an errand comes into an account, whatever the server has: STARTTLS, LOGIN with any words, AUTHENTICATE PLAIN. */
import { astring, type Errand, ErrandError, octetsOf } from './errand.js'
import type { OctetString } from './transcript.js'
import type { Credentials } from './world.js'

/** The words of a CAPABILITY response, in capitals. */
export const capabilitiesOf = (untagged: readonly OctetString[]): readonly string[] =>
  untagged.flatMap((line) => (/^\* CAPABILITY (.*)$/i.exec(line)?.[1] ?? '').toUpperCase().split(' ')).filter(Boolean)

export class Login {
  readonly #errand: Errand

  constructor(errand: Errand) {
    this.#errand = errand
  }

  greeting(): Promise<OctetString> {
    return this.#errand.greeting()
  }

  /** @returns whether hands are to be shaken now; a server without STARTTLS is spoken to in clear */
  async startTls(): Promise<boolean> {
    if (!(await this.#offered()).includes('STARTTLS')) return false
    await this.#errand.must('STARTTLS')
    return true
  }

  /** @returns what the server offers before and behind the login. @throws ErrandError when it does not let him in */
  async login({ username, password }: Credentials): Promise<readonly string[]> {
    const before = await this.#offered()
    const answer = before.includes('LOGINDISABLED')
      ? await this.#errand.ask('AUTHENTICATE PLAIN ', base64(`\0${username}\0${password}`))
      : await this.#errand.ask('LOGIN ', astring(octetsOf(username)), ' ', astring(octetsOf(password)))
    if (!answer.ok) throw new ErrandError(`${username} cannot log in: ${answer.said}`)
    return [...before, ...(await this.#offered())]
  }

  async #offered(): Promise<readonly string[]> {
    return capabilitiesOf((await this.#errand.must('CAPABILITY')).untagged)
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
