/** Sees to what the server owes people: reports on mail that failed, warnings of mailboxes that are nearly full, that reports of others on their mail are read, and that old mail is forgotten. What is owed stands in the data. */
import type { Directory } from '../accounts/contracts.js'
import type { QuotaAlerts } from '../accounts/quota-alerts.js'
import { QuotaWarner } from '../accounts/quota-warner.js'
import type { Clock } from '../core/clock.js'
import type { QueueConfig } from '../core/config.js'
import type { Random } from '../core/ids.js'
import { smtpLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import { BounceReader } from '../queue/bounce-reader.js'
import { Bouncer } from '../queue/bouncer.js'
import { History } from '../queue/history.js'
import { mailboxOf } from '../smtp/parse.js'
import type { Delivery, Duty, Store } from '../store/store.js'

export interface DutyParts {
  readonly store: Store
  readonly directory: Directory
  readonly alerts: QuotaAlerts
  readonly hostname: string
  /** Asked each time: a reload counts at once. */
  readonly queue: () => Pick<QueueConfig, 'retrySchedule' | 'delayWarning' | 'history' | 'suppressAfter'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Duties {
  /** Ends after what is under way. Calling it twice is fine. */
  stop(): Promise<void>
}

/** Begins with what is left from before. */
export function startDuties({ directory, queue, ...parts }: DutyParts): Duties {
  const { store } = parts
  const bouncer = new Bouncer({
    ...parts,
    get retrySchedule() {
      return queue().retrySchedule
    },
    get delayWarning() {
      return queue().delayWarning
    },
    destinations: (address) => destinations(directory, address),
  })
  const warner = new QuotaWarner(parts)
  const history = new History({
    ...parts,
    get keep() {
      return queue().history
    },
  })
  history.wake()
  const bounces = new BounceReader({
    ...parts,
    get suppressAfter() {
      return queue().suppressAfter
    },
    suppress: (address, reason) => store.suppress(address, reason),
  })
  const workers: { readonly [K in Duty]: { wake(): void; stop(): Promise<void> } } = {
    bounce: bouncer,
    'quota-warning': warner,
    'incoming-report': bounces,
  }
  store.onDuty((duty) => workers[duty].wake())
  return {
    async stop() {
      store.onDuty(null)
      await Promise.all([...Object.values(workers), history].map((worker) => worker.stop()))
    },
  }
}

/** Where mail from us to `address` goes; null: it is ours, and nobody's. */
export async function destinations(directory: Directory, address: string): Promise<readonly Delivery[] | null> {
  const parsed = mailboxOf(address, smtpLimits)
  if (parsed === null) return null
  const resolution = await directory.resolve(parsed.localPart, parsed.domain)
  const { kind } = resolution
  if (kind === 'remote') return [{ kind, recipient: address }]
  if (kind === 'local') return [{ kind, mailbox: resolution.mailbox, recipient: resolution.address }]
  if (kind !== 'alias') return null
  return resolution.targets.map((target) =>
    target.kind === 'local'
      ? { kind: 'local', mailbox: target.mailbox, recipient: target.address }
      : { kind: 'remote', recipient: target.address },
  )
}
