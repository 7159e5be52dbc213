/** A log that keeps what no transcript may cause: faults of the server, which are the lines that carry a stack. */
import type { Log } from '../src/core/log.js'

export class FaultLog implements Log {
  readonly faults: string[] = []

  readonly trace = (): void => {}
  readonly debug = (): void => {}
  readonly info = (): void => {}
  readonly warn = (): void => {}
  readonly error = (fields: object, message: string): void => this.#look(fields, message)
  readonly fatal = (fields: object, message: string): void => this.#look(fields, message)

  child(): Log {
    return this
  }

  isLevelEnabled(level: string): boolean {
    return level === 'error' || level === 'fatal'
  }

  #look(fields: object, message: string): void {
    if ('stack' in fields) this.faults.push(`${message}: ${String(fields.stack)}`)
  }
}
