/** What operators have said about mail to come, inside the writer's transactions: pauses, hold rules, suppressed addresses. */
import { StoreError } from '../errors.js'
import type { Apply, WriteContext } from './write-context.js'

const count = ({ sql }: WriteContext, table: 'queue_pause' | 'queue_hold_rule'): number =>
  sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0

export const pauseDestination: Apply<'pause-destination'> = (cx, { destination }) => {
  const added = cx.sql.run('INSERT INTO queue_pause VALUES (?) ON CONFLICT DO NOTHING', destination)
  if (added > 0 && count(cx, 'queue_pause') > cx.limits.pauses)
    throw new StoreError('too-many-pauses', `no more than ${cx.limits.pauses} destinations can be paused`)
  return null
}

export const resumeDestination: Apply<'resume-destination'> = (cx, { destination }, effects) => {
  if (cx.sql.run('DELETE FROM queue_pause WHERE destination = ?', destination) === 0)
    throw new StoreError('no-such-destination', `${destination} is not paused`)
  effects.queued.push(destination)
  return null
}

export const addHoldRule: Apply<'add-hold-rule'> = (cx, { rule }) => {
  const { name, sender, recipient, createdAt } = rule
  const added = cx.sql.run(
    'INSERT INTO queue_hold_rule (name, sender, recipient, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    name,
    sender,
    recipient,
    createdAt,
  )
  if (added === 0) throw new StoreError('hold-rule-exists', `there is a hold rule ${name} already`)
  if (count(cx, 'queue_hold_rule') > cx.limits.holdRules)
    throw new StoreError('too-many-hold-rules', `there can be no more than ${cx.limits.holdRules} hold rules`)
  return null
}

export const removeHoldRule: Apply<'remove-hold-rule'> = (cx, { name }) => {
  if (cx.sql.run('DELETE FROM queue_hold_rule WHERE name = ?', name) > 0) return null
  throw new StoreError('no-such-hold-rule', `there is no hold rule ${name}`)
}

export const suppress: Apply<'suppress'> = ({ sql }, { entry }) => {
  const { address, reason, since } = entry
  sql.run(
    'INSERT INTO suppressed (address, reason, since) VALUES (?, ?, ?) ON CONFLICT (address) DO UPDATE SET reason = excluded.reason',
    address,
    reason,
    since,
  )
  const kept = sql.get<{ since: number }>('SELECT since FROM suppressed WHERE address = ?', address)
  return { address, reason, since: kept?.since ?? since }
}

export const unsuppress: Apply<'unsuppress'> = (cx, { address }) => {
  if (cx.sql.run('DELETE FROM suppressed WHERE address = ?', address) > 0) return null
  throw new StoreError('no-such-address', `${address} is not suppressed`)
}
