/**
 * App passwords: made here, never chosen, so that each has 140 bits and a fast keyed hash is enough to keep
 * (docs/decisions: app passwords). What a person types of one is read with forbearance.
 */
import { newId, type Random } from '../core/ids.js'

/** 5 bits each. */
const SIGNS = 28
const GROUP = 4
const SHAPE = new RegExp(`^[a-km-np-z2-9]{${SIGNS}}$`)

/** As it is shown, once: groups of four with hyphens between them. */
export function newAppPassword(random: Random): string {
  const signs = newId(random, SIGNS)
  return (signs.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')
}

/** Its signs alone; null for what cannot be an app password. Case, hyphens and spaces do not count. */
export function appPasswordSigns(text: string): string | null {
  const signs = text.replace(/[\s-]/g, '').toLowerCase()
  return SHAPE.test(signs) ? signs : null
}
