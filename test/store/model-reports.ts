/** What senders are owed, on the model store. */
import type { OwedReport, ReportStore, SettledReport } from '../../src/store/store.js'
import { ModelClaims } from './model-claims.js'
import { byBytes, must } from './model-data.js'
import type { Queued } from './model-queue.js'

type Place = Pick<OwedReport, 'due' | 'id'>

const byDue = (a: Place, b: Place): number => a.due - b.due || byBytes(a.id, b.id)

export class ModelReports extends ModelClaims implements ReportStore {
  async listReports(until: number, after: Place | null, limit: number): Promise<readonly OwedReport[]> {
    return [...this.reports]
      .map(([id, { due }]) => this.#report(id, due))
      .filter((report) => report.due <= until && (after === null || byDue(report, after) > 0))
      .sort(byDue)
      .slice(0, limit)
  }

  #report(id: string, due: number): OwedReport {
    const those = this.queue.filter((one) => one.id === id).sort((a, b) => byBytes(a.recipient, b.recipient))
    const { from, envelope, blob, enqueuedAt } = must(those[0])
    const recipients = those.flatMap(({ report: kind, recipient, dsn, lastReply, lastHost, lastAttempt }) =>
      kind === null ? [] : [{ recipient, dsn, kind, reply: lastReply, host: lastHost, lastAttempt }],
    )
    return { id, from, envelope, blob, enqueuedAt, due, recipients }
  }

  async nextReport(after: number): Promise<number | null> {
    const dues = [...this.reports.values()].map(({ due }) => due).filter((due) => due > after)
    return dues.sort((a, b) => a - b)[0] ?? null
  }

  async dropReports(settled: SettledReport): Promise<void> {
    this.settle(settled)
  }

  #warnable(): Queued[] {
    return this.queue
      .filter((one) => one.unwarned && one.status === 'pending' && one.lastAttempt !== null && one.report === null)
      .sort((a, b) => a.enqueuedAt - b.enqueuedAt || byBytes(a.id, b.id) || byBytes(a.recipient, b.recipient))
  }

  async warnDelayed(enqueuedBefore: number, at: number, limit: number): Promise<number> {
    const those = this.#warnable()
      .filter(({ enqueuedAt }) => enqueuedAt <= enqueuedBefore)
      .slice(0, limit)
    for (const one of those) Object.assign(one, { report: 'delayed', unwarned: false })
    for (const { id } of those) this.scheduleReport(id, at)
    return those.length
  }

  async oldestUnwarned(): Promise<number | null> {
    return this.#warnable()[0]?.enqueuedAt ?? null
  }
}
