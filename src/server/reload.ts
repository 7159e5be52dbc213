/** What a new configuration changes while the server runs, and what has to wait for a restart. Pure. */
import type { Config, ListenerConfig } from '../core/config.js'

/** Asked for again by each new session, handshake, login or look-up, or set anew. All else is built in at the start. */
const LIVE = ['tls', 'smtp', 'imap', 'auth', 'accounts', 'quota', 'queue', 'log'] as const

export interface Reload {
  /** What is in force from now on. */
  readonly config: Config
  /** Tables and keys that changed. */
  readonly changed: readonly string[]
  /** Of these, the ones that are not in force yet. */
  readonly needsRestart: readonly string[]
}

export function reloaded(now: Config, next: Config): Reload {
  const changed = (Object.keys(next) as (keyof Config)[]).filter((key) => !same(now[key], next[key]))
  const live: readonly (keyof Config)[] = LIVE
  const taken = Object.fromEntries(LIVE.map((key) => [key, next[key]]))
  const listeners = now.listeners.map((listener) => ({
    ...listener,
    maxConnections: placeIn(next, listener)?.maxConnections ?? listener.maxConnections,
  }))
  const built = { listeners }
  const needsRestart = changed.filter((key) =>
    key in built ? !same(built[key as keyof typeof built], next[key]) : !live.includes(key),
  )
  return { config: { ...now, ...taken, ...built }, changed, needsRestart }
}

/** Configurations are plain data, with their keys always in the same order. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The listener of the same service in the same place. */
export function placeIn({ listeners }: Config, at: ListenerConfig): ListenerConfig | undefined {
  return listeners.find((l) => l.service === at.service && placeOf(l) === placeOf(at))
}

const placeOf = (at: ListenerConfig): string => (at.kind === 'unix' ? at.path : `${at.address} ${at.port}`)
