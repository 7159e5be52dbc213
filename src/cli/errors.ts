/** How commands fail: one clear line and an exit code. */

import { AccountError } from '../accounts/errors.js'
import { Refused } from '../admin/client.js'
import { ConfigError } from '../core/config.js'
import { oneLine } from '../core/quoted.js'
import { StartupError } from '../server/errors.js'
import { CareError } from '../store/care.js'

/** 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2

/** The command line does not say what to do. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** What was asked for cannot be done. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandError'
  }
}

export interface Failure {
  readonly code: ExitCode
  readonly lines: readonly string[]
}

/** A fault of ours is told in one line as well: a stack helps nobody at a prompt. POSTHORN_DEBUG=1 shows it. */
export function failureOf(error: unknown, debug: boolean): Failure {
  if (error instanceof UsageError) return { code: 2, lines: [oneLine(error.message)] }
  if (error instanceof ConfigError) return { code: 1, lines: error.lines.map(oneLine) }
  if ([Refused, AccountError, StartupError, CommandError, CareError].some((known) => error instanceof known))
    return { code: 1, lines: [oneLine((error as Error).message)] }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: 1, lines: [debug ? (stack ?? message) : oneLine(message)] }
}
