/**
 * The log of the program: JSON lines on stderr through pino, readable ones when somebody watches.
 * `time` is ISO 8601 and `level` a word. Lines are written in the background; those of the last moment
 * are written when the process exits.
 */
import { destination as fileDestination, type Logger as Pino, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'
import type { Level, Log } from './log.js'

const STDERR = 2

export interface LoggerOptions {
  readonly level: Level
  /** Lines for people. Left out: when stderr is a terminal and there is no `destination`. */
  readonly pretty?: boolean
  /** Where lines go instead of stderr. */
  readonly destination?: NodeJS.WritableStream
}

/** A log whose level can be changed; the change reaches its children too, as pino's own does not. */
export interface Logger extends Log {
  level: Level
}

const RANKS: { readonly [L in Level]: number } = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }
const isLevel = (level: string): level is Level => Object.hasOwn(RANKS, level)

/** What a log and its children share. */
interface Threshold {
  level: Level
}

class PinoLog implements Logger {
  readonly #pino: Pino
  readonly #threshold: Threshold

  constructor(to: Pino, threshold: Threshold) {
    this.#pino = to
    this.#threshold = threshold
  }

  get level(): Level {
    return this.#threshold.level
  }
  set level(level: Level) {
    this.#threshold.level = level
  }

  isLevelEnabled(level: string): boolean {
    return isLevel(level) && RANKS[level] >= RANKS[this.#threshold.level]
  }
  child(bindings: object): Log {
    return new PinoLog(this.#pino.child(bindings), this.#threshold)
  }

  trace(fields: object, message: string): void {
    this.#write('trace', fields, message)
  }
  debug(fields: object, message: string): void {
    this.#write('debug', fields, message)
  }
  info(fields: object, message: string): void {
    this.#write('info', fields, message)
  }
  warn(fields: object, message: string): void {
    this.#write('warn', fields, message)
  }
  error(fields: object, message: string): void {
    this.#write('error', fields, message)
  }
  fatal(fields: object, message: string): void {
    this.#write('fatal', fields, message)
  }

  #write(level: Level, fields: object, message: string): void {
    if (this.isLevelEnabled(level)) this.#pino[level](fields, message)
  }
}

export function createLogger({ level, destination, ...options }: LoggerOptions): Logger {
  const people = options.pretty ?? (destination === undefined && process.stderr.isTTY === true)
  const lines = destination ?? fileDestination({ dest: STDERR, sync: false })
  const formatters = { level: (label: string) => ({ level: label }) }
  const to = pino(
    { level: 'trace', base: null, timestamp: stdTimeFunctions.isoTime, formatters },
    people ? pretty({ colorize: destination === undefined, destination: destination ?? STDERR, sync: true }) : lines,
  )
  return new PinoLog(to, { level })
}
