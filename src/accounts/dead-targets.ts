/** Which targets of aliases lead nowhere: a few look-ups for each, as at RCPT, and aliases are not followed on. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { lowerAscii } from '../core/domain-name.js'
import { splitAddress } from '../core/mail-address.js'
import type { AccountStore, Alias, AliasStore } from '../store/store.js'
import { withoutDetail } from './address.js'

export type TargetStore = Pick<AccountStore, 'findRecipient'> & Pick<AliasStore, 'findAlias' | 'findDomainSettings'>

/** With those of its targets that are of our domains and nobody's: mail for them is passed over, or comes back. */
export interface CheckedAlias extends Alias {
  readonly deadTargets: readonly string[]
}

/** Others get a turn after so many targets. */
const TARGETS_PER_TURN = 50

export async function checkTargets(store: TargetStore, aliases: readonly Alias[]): Promise<readonly CheckedAlias[]> {
  const checked: CheckedAlias[] = []
  for (const alias of aliases) checked.push({ ...alias, deadTargets: await findDeadTargets(store, alias) })
  return checked
}

export async function findDeadTargets(store: TargetStore, { targets }: Alias): Promise<readonly string[]> {
  const dead: string[] = []
  for (const [i, target] of targets.entries()) {
    if (i % TARGETS_PER_TURN === 0) await nextTurn()
    if (await isDead(store, target)) dead.push(target)
  }
  return dead
}

/** A catch-all gets what is nobody's, and a postmaster's mail always reaches somebody (RFC 5321 §4.5.1). */
async function isDead(store: TargetStore, target: string): Promise<boolean> {
  const { localPart, domain } = splitAddress(target)
  const settings = await store.findDomainSettings(domain)
  if (settings === null || settings.catchAll.length > 0 || lowerAscii(localPart) === 'postmaster') return false
  if (await isSomebody(store, target)) return false
  const base = settings.subaddressing ? withoutDetail(localPart, domain, settings.separator) : null
  return base === null || !(await isSomebody(store, base.address))
}

const isSomebody = async (store: TargetStore, address: string): Promise<boolean> =>
  (await store.findRecipient(address)) !== null || (await store.findAlias(address)) !== null
