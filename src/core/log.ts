/** Log lines as declarations: a line that is not in a catalogue cannot be written, nor can a field. */

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** The part of pino that we use. */
export type Log = { readonly [L in Level]: (fields: object, message: string) => void } & {
  child(bindings: object): Log
  /** False when a line of this level would go nowhere, so that its fields need not be made. */
  isLevelEnabled(level: string): boolean
}

export type Field = string | number | boolean | null | readonly string[] | readonly number[]

/**
 * Declares one log line: its level, its words and exactly which fields it carries.
 * A field that is not declared does not compile, which is how passwords and message text stay out.
 * `field` names travel with the declaration so that a test can hold them against the requirement document.
 */
export function event<F extends Record<string, Field>>(level: Level, message: string) {
  return Object.assign((log: Log, fields: F): void => log[level](fields, message), { level, message })
}
