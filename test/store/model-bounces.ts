/** Reports that come in, on the model store: what they say of each recipient is looked for among all that are done. */
import { foldAddress } from '../../src/core/local-part.js'
import type { Bounced, BounceStore, IncomingReport, ReportedBounces } from '../../src/store/store.js'
import { ModelReports } from './model-reports.js'

export class ModelBounces extends ModelReports implements BounceStore {
  readonly #failures = new Map<string, { failures: number; last: number }>()

  async listIncomingReports(after: number, limit: number): Promise<readonly IncomingReport[]> {
    return this.incoming.filter(({ serial }) => serial > after).slice(0, limit)
  }

  async dropIncomingReport(serial: number): Promise<void> {
    this.incoming = this.incoming.filter((one) => one.serial !== serial)
  }

  async recordBounces({ message, at, recipients, countFrom }: ReportedBounces): Promise<readonly Bounced[]> {
    for (const [address, { last }] of this.#failures) if (last < countFrom) this.#failures.delete(address)
    const known = this.finished.filter(
      ({ id, outcome }) => id === message && (outcome === 'delivered' || outcome === 'bounced'),
    )
    const isAlone = new Set(known.map(({ recipient }) => foldAddress(recipient))).size === 1 && recipients.length === 1
    const bounced: Bounced[] = []
    const seen = new Set<number>()
    for (const [reported, { addresses, reply, isAddressFailure }] of recipients.entries()) {
      const named = addresses
        .map((address) => known.findLast(({ recipient }) => foldAddress(recipient) === foldAddress(address)))
        .find((one) => one !== undefined)
      const one = named ?? (isAlone ? known.at(-1) : undefined)
      if (one === undefined || seen.has(one.serial)) continue
      seen.add(one.serial)
      const isNew = one.outcome === 'delivered'
      this.finished = this.finished.map((other) =>
        isNew && other === one ? { ...other, outcome: 'bounced' as const, reply } : other,
      )
      const failures = isAddressFailure && named !== undefined ? this.#count(one.recipient, isNew ? at : null) : 0
      bounced.push({ recipient: one.recipient, reported, isNew, failures })
    }
    return bounced
  }

  #count(recipient: string, at: number | null): number {
    const address = foldAddress(recipient)
    const before = this.#failures.get(address)
    const failures = (before?.failures ?? 0) + (at === null ? 0 : 1)
    if (at !== null) this.#failures.set(address, { failures, last: at })
    return failures
  }
}
