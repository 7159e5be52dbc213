/** A log that keeps its lines for a test to look at. */
import type { Level, Log } from '../src/core/log.js'

export interface Line {
  readonly level: Level
  readonly message: string
  readonly fields: Readonly<{ [name: string]: unknown }>
}

export function recordingLog(lines: Line[] = [], bindings: object = {}): Log & { readonly lines: Line[] } {
  const at = (level: Level) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...bindings, ...fields } })
  return {
    lines,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (more) => recordingLog(lines, { ...bindings, ...more }),
    isLevelEnabled: () => true,
  }
}
