/** The dialogue of a connection for the log at level trace. Credentials and content are masked by the kind of call. */
import type { Log } from '../core/log.js'

export const MASK = '***'

/** What a trace line may show of a long line. */
const SHOWN = 1000

export class Trace {
  readonly #log: Log
  constructor(log: Log) {
    this.#log = log
  }

  /** A line of the client that holds no secret. */
  client(line: string): void {
    this.#line('C', line)
  }

  /** A line of the client that is, or ends in, a credential: only `shown` of it is written. */
  clientSecret(shown: string): void {
    this.#line('C', `${shown}${MASK}`)
  }

  /** Message octets of the client. */
  clientContent(octets: number): void {
    this.#line('C', `…(${octets} octets)`)
  }

  server(line: string): void {
    this.#line('S', line)
  }

  serverContent(octets: number): void {
    this.#line('S', `…(${octets} octets)`)
  }

  #line(side: 'C' | 'S', line: string): void {
    const text = line.length > SHOWN ? `${line.slice(0, SHOWN)}…(${line.length} octets)` : line
    this.#log.trace({}, `${side}: ${text.replace(/\r\n$/, '')}`)
  }
}
