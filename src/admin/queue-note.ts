/** What an operator did with the queue, for the log. */
import type { Log } from '../core/log.js'
import { queueControlled } from './events.js'
import type { ControlledReply } from './queue-control.js'

/** One pause, rule or address. */
const ONE: ControlledReply = { done: 1, claimed: 0, unsuited: 0 }

/** `input`: what was asked for; without `action`. `counts`: left out, it is one thing and not recipients. */
export function noteControl(
  log: Log,
  action: string,
  input: { readonly [field: string]: string | true | undefined },
  { done, claimed, unsuited }: ControlledReply = ONE,
): void {
  const filter = Object.entries(input).flatMap(([key, value]) => (typeof value === 'string' ? [`${key}=${value}`] : []))
  queueControlled(log, { action, filter, done, claimed, unsuited })
}
