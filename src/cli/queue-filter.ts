/** Options that say which recipients of the queue are meant. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../core/clock.js'
import { queueLimits } from '../core/limits.js'
import { parseDuration } from '../core/units.js'
import { UsageError } from './errors.js'
import type { SiteOptions } from './site.js'

export interface WhoOptions extends SiteOptions {
  readonly id?: string
  readonly sender?: string
  readonly recipient?: string
  readonly domain?: string
  readonly error?: string
  readonly json?: true
}

export interface FilterOptions extends WhoOptions {
  readonly status?: 'pending' | 'held' | 'failed'
  /** Milliseconds. */
  readonly olderThan?: number
}

export const withWho = (command: Command): Command =>
  command
    .option('--id <id>', 'only this message')
    .option('--sender <text>', 'only senders with this in their address; "" is the null sender', short)
    .option('--recipient <text>', 'only recipients with this in their address', short)
    .option('--domain <name>', 'only what goes to this domain', short)
    .option('--error <text>', 'only where this is in the last reply', short)
    .option('--json', 'for programs')

export const withFilter = (command: Command): Command =>
  withWho(command)
    .addOption(new Option('--status <status>', 'only those that are so').choices(['pending', 'held', 'failed']))
    .option('--older-than <time>', 'only what came so long ago, as 30m, 4h or 2d', age)

export const whoOf = ({ id, sender, recipient, domain, error }: WhoOptions) => ({
  ...(id === undefined ? {} : { id }),
  ...(sender === undefined ? {} : { sender }),
  ...(recipient === undefined ? {} : { recipient }),
  ...(domain === undefined ? {} : { domain }),
  ...(error === undefined ? {} : { error }),
})

export const filterOf = ({ status, olderThan, ...who }: FilterOptions) => ({
  ...whoOf(who),
  ...(status === undefined ? {} : { status }),
  ...(olderThan === undefined ? {} : { before: new Date(systemClock.now() - olderThan).toISOString() }),
})

function short(text: string): string {
  if (text.length <= queueLimits.queueText) return text
  throw new InvalidArgumentError(`must not be longer than ${queueLimits.queueText} characters`)
}

function age(text: string): number {
  const ms = parseDuration(text)
  if (ms === null || ms > systemClock.now()) throw new InvalidArgumentError('must be a time such as 30m, 4h or 2d')
  return ms
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on')
  return Number(text)
}

/** What is about all of the queue is asked for by name. @throws UsageError */
export function requireFilter(filter: object, all: true | undefined): void {
  const isWhole = Object.keys(filter).length === 0
  if (isWhole && all === undefined)
    throw new UsageError(
      'this would be done to the whole queue: say which recipients with --domain and the like, or --all',
    )
  if (!isWhole && all !== undefined)
    throw new UsageError('--all is the whole queue: leave it out, or the other options')
}
