/** Follows aliases to where they end: each address once, so that loops end too, and never further than the limits. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { aliasLimits } from '../core/limits.js'
import type { Resolution, Target } from './contracts.js'

/** Where one address leads, without following it. */
export type Step =
  | Exclude<Resolution, { kind: 'alias' | 'loop' | 'remote' }>
  | Extract<Target, { kind: 'remote' }>
  | { readonly kind: 'leads-to'; readonly targets: readonly string[] }

/** Others get a turn after so many look-ups of one recipient. */
const LOOK_UPS_PER_TURN = 100

/**
 * What the addresses `first` come to. Targets that lead nowhere are passed over as long as there is one that does not.
 * @returns 'loop' also for what goes beyond `aliasLimits`
 */
export async function expand(
  first: readonly string[],
  look: (address: string) => Promise<Step>,
): Promise<Exclude<Resolution, { kind: 'local' | 'remote' }>> {
  const seen = new Set<string>(first)
  const reached = new Map<string, Target>()
  const dead = new Set<'disabled' | 'unknown-user'>()
  let level: readonly string[] = [...seen]
  let lookUps = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === aliasLimits.depth || seen.size > aliasLimits.addresses) return { kind: 'loop' }
    const next: string[] = []
    for (const address of level) {
      if (++lookUps % LOOK_UPS_PER_TURN === 0) await nextTurn()
      const step = await look(address)
      if (step.kind === 'leads-to') next.push(...unseen(step.targets, seen))
      else if (step.kind === 'local' || step.kind === 'remote') reached.set(placeOf(step), step)
      else dead.add(step.kind)
    }
    level = next
  }
  if (reached.size > 0) return { kind: 'alias', targets: [...reached.values()] }
  const [reason] = [...dead].sort()
  return { kind: reason ?? 'loop' }
}

/** Those of `targets` that have not been seen before; from now on they have. */
function unseen(targets: readonly string[], seen: Set<string>): string[] {
  const found = targets.filter((target) => !seen.has(target))
  for (const target of found) seen.add(target)
  return found
}

/** The same mailbox gets one copy, whatever it is called on the way. */
const placeOf = (target: Target): string => (target.kind === 'local' ? `${target.mailbox}` : target.address)
