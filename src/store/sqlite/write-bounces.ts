/** What reports of others say of mail of ours, inside the writer's transactions. */
import type { BlobId } from '../../core/ids.js'
import { foldAddress } from '../../core/local-part.js'
import type { Bounced, ReportedBounce } from '../bounce-store.js'
import type { Effects } from '../ops.js'
import type { Apply, WriteContext } from './write-context.js'

/** The row goes with the commit that takes responsibility for the report, so a crash loses none. */
export function noteIncomingReport({ sql }: WriteContext, blob: BlobId, effects: Effects): void {
  sql.run('INSERT INTO incoming_report (blob) VALUES (?)', blob)
  effects.duties.push('incoming-report')
}

export const dropIncomingReport: Apply<'drop-incoming-report'> = ({ sql }, { serial }) => {
  sql.run('DELETE FROM incoming_report WHERE id = ?', serial)
  return null
}

/** A recipient in the history that was delivered, or has bounced since. */
interface Row {
  readonly id: number
  readonly recipient: string
  readonly outcome: 'delivered' | 'bounced'
}

export const recordBounces: Apply<'record-bounces'> = (cx, { bounces }) => {
  const { message, at, recipients, countFrom } = bounces
  cx.sql.run('DELETE FROM address_failure WHERE last < ?', countFrom)
  const rows = cx.sql.all<Row>(
    `SELECT id, recipient, outcome FROM queue_finished
     WHERE message = ? AND outcome IN ('delivered', 'bounced') ORDER BY id`,
    message,
  )
  const named = new Map(rows.map((row) => [foldAddress(row.recipient), row]))
  const only = named.size === 1 && recipients.length === 1 ? rows.at(-1) : undefined
  const done = new Set<number>()
  return recipients.flatMap((one, reported): Bounced[] => {
    const found = one.addresses.flatMap((address) => named.get(foldAddress(address)) ?? [])[0]
    const row = found ?? only
    if (row === undefined || done.has(row.id)) return []
    done.add(row.id)
    const isNew = row.outcome === 'delivered'
    if (isNew) markBounced(cx, row, one)
    const counts = one.isAddressFailure && found !== undefined
    const failures = counts ? failuresOf(cx, foldAddress(row.recipient), isNew ? at : null) : 0
    return [{ recipient: row.recipient, reported, isNew, failures }]
  })
}

const markBounced = ({ sql }: WriteContext, { id }: Row, { reply }: ReportedBounce): number =>
  sql.run("UPDATE queue_finished SET outcome = 'bounced', reply = ? WHERE id = ?", reply, id)

/** With one more, of now, unless `at` is null. */
function failuresOf({ sql }: WriteContext, address: string, at: number | null): number {
  if (at !== null) {
    sql.run(
      `INSERT INTO address_failure (address, failures, last) VALUES (?, 1, ?)
       ON CONFLICT DO UPDATE SET failures = failures + 1, last = excluded.last`,
      address,
      at,
    )
  }
  return sql.get<{ failures: number }>('SELECT failures FROM address_failure WHERE address = ?', address)?.failures ?? 0
}
