/** What the sender wants to be told of, where a recipient is an alias: RFC 3461 §5.2.7. */
import type { Target } from '../accounts/contracts.js'
import type { Delivery, RecipientDsn } from '../store/store.js'
import type { RcptParameters } from './extensions.js'
import type { Addressed, Transaction } from './state.js'

/** The copies, each with what its sender wants to be told of it. */
export function deliveriesTo(targets: readonly Target[], parameters: RcptParameters): readonly Delivery[] {
  const asked = parameters.notify !== undefined || parameters.originalRecipient !== undefined
  const dsn = targets.length > 1 ? withoutSuccess(dsnOf(parameters)) : dsnOf(parameters)
  return targets.map((target) => {
    const rest = { recipient: target.address, ...(asked ? { dsn } : {}) }
    return target.kind === 'local' ? { kind: 'local', mailbox: target.mailbox, ...rest } : { kind: 'remote', ...rest }
  })
}

/** RFC 3461 §5.2.7.3 (c): of an alias of several a success is that it was followed; §5.2.7.2: an alias of one is as its target. */
export function expandedWith(
  { expanded = [] }: Transaction,
  { mailbox: { address }, parameters }: Addressed,
  targets: readonly Target[],
): Pick<Transaction, 'expanded'> {
  const wanted = targets.length > 1 && (parameters.notify?.includes('success') ?? false)
  if (!wanted || expanded.some(({ recipient }) => recipient === address)) return {}
  return { expanded: [...expanded, { recipient: address, dsn: dsnOf(parameters) }] }
}

const dsnOf = ({ notify, originalRecipient }: RcptParameters): RecipientDsn => ({
  notify: notify ?? null,
  originalRecipient: originalRecipient ?? null,
})

const withoutSuccess = ({ notify, originalRecipient }: RecipientDsn): RecipientDsn => ({
  notify: notify?.filter((one) => one !== 'success') ?? null,
  originalRecipient,
})
