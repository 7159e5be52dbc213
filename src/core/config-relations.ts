/**
 * What must hold between keys. Checked also where other things are wrong, so that everything is said at
 * once: a value that was refused may be anything, and what it takes part in is passed over.
 */
import type { z } from 'zod'
import { anyAddress } from './config-listener.js'

type Loose<K extends string> = { readonly [Key in K]?: unknown }

/** For superRefine: run even when something inside the table or list was refused. */
export const inTable = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && !Array.isArray(value),
}
export const inList = { when: ({ value }: { readonly value: unknown }) => Array.isArray(value) }

const complain = (cx: z.RefinementCtx, path: (string | number)[], message: string): void =>
  cx.addIssue({ code: 'custom', path, message })

/** Two sockets cannot share a port, nor can one have an address of which another has the wildcard. */
export function onePortEach(listeners: readonly Loose<'service' | 'address' | 'port'>[], cx: z.RefinementCtx): void {
  listeners.forEach(({ address = anyAddress, port }, i) => {
    if (port === 0 || port === undefined) return
    const same = (l: Loose<'address' | 'port'>): boolean => l.port === port && overlap(l.address ?? anyAddress, address)
    const other = listeners.slice(0, i).find(same)
    if (other === undefined) return
    const taken = `${address}:${port} is already taken`
    complain(cx, [i, 'port'], `${taken} by the ${other.service} listener on ${other.address ?? anyAddress}`)
  })
}

export function onePathEach(listeners: readonly Loose<'path'>[], cx: z.RefinementCtx): void {
  listeners.forEach(({ path }, i) => {
    const twice = path !== undefined && listeners.findIndex((l) => l.path === path) < i
    if (twice) complain(cx, [i, 'path'], `${path} is already taken by another listener`)
  })
}

const isWildcard = (address: string): boolean => address === anyAddress || address === '::'

function overlap(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false
  return a === b || (a.includes(':') === b.includes(':') && (isWildcard(a) || isWildcard(b)))
}

export function keyWithCertificate({ certificate, key }: Loose<'certificate' | 'key'>, cx: z.RefinementCtx): void {
  if ((certificate === undefined) === (key === undefined)) return
  complain(cx, [certificate === undefined ? 'certificate' : 'key'], 'is missing: certificate and key go together')
}

/** Which certificate a name gets must not depend on the order of the file. */
export function siteNamesDiffer(sites: readonly Loose<'names'>[], cx: z.RefinementCtx): void {
  const seen = new Set<unknown>()
  sites.forEach(({ names }, i) => {
    if (!Array.isArray(names)) return
    names.forEach((name, j) => {
      if (seen.has(name)) complain(cx, [i, 'names', j], `${name} is there twice`)
      seen.add(name)
    })
  })
}

/** Otherwise a client in IDLE would hear nothing before it is sent away. */
export function heartbeatWithinIdle(
  { idle_heartbeat, idle_max }: Loose<'idle_heartbeat' | 'idle_max'>,
  cx: z.RefinementCtx,
): void {
  if (typeof idle_heartbeat === 'number' && typeof idle_max === 'number' && idle_heartbeat > idle_max)
    complain(cx, ['idle_heartbeat'], 'must not be longer than imap.idle_max')
}

export function noneTwice(names: readonly unknown[], cx: z.RefinementCtx): void {
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) complain(cx, [i], `${name} is there twice`)
  })
}

export const isInbox = (name: string): boolean => name.toUpperCase() === 'INBOX'

/** INBOX in any case is one name; others are compared exactly (RFC 3501 §5.1). One mailbox has a special use. */
export function mailboxesDiffer(mailboxes: readonly Loose<'name' | 'special_use'>[], cx: z.RefinementCtx): void {
  const seen = new Set<string>()
  const take = (label: unknown, path: (string | number)[]): void => {
    if (typeof label !== 'string') return
    if (seen.has(label)) complain(cx, path, `${label} is there twice`)
    seen.add(label)
  }
  mailboxes.forEach(({ name, special_use }, i) => {
    const inbox = typeof name === 'string' && isInbox(name)
    if (inbox && special_use !== undefined) complain(cx, [i, 'special_use'], 'is not for INBOX')
    take(inbox ? 'INBOX' : name, [i, 'name'])
    take(special_use, [i, 'special_use'])
  })
}
