/** Sessions as administrators and the account service see them: whose they are, and why one is told to end. */
import type { AppPasswordId } from '../core/ids.js'
import type { Access } from '../store/store.js'

/** The server stops; an administrator says so; what the user logged in with counts no more. */
export type Ending = 'shutdown' | 'kicked' | 'revoked'

const ENDINGS: readonly unknown[] = ['shutdown', 'kicked', 'revoked'] satisfies readonly Ending[]

/** Why the signal of a session was aborted. */
export const endingOf = ({ reason }: AbortSignal): Ending =>
  ENDINGS.includes(reason) ? (reason as Ending) : 'shutdown'

/** What a session tells of itself. */
export interface Presence {
  /** Its client has proved to be this user; `appPassword` is what it proved it with, where it was none but one of these. */
  enter(address: string, appPassword?: AppPasswordId): void
  /** How many sessions of the same protocol the user has at this moment. */
  count(address: string): number
}

/** Not all sessions of a user, but those of one kind. */
export type Kind = { readonly appPassword: AppPasswordId } | { readonly protocol: keyof Access }

export interface SessionInfo {
  /** As `session_id` in the log. */
  readonly id: string
  readonly service: string
  readonly clientIp: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Canonical address; null before the login. */
  readonly user: string | null
}

/** The sessions of this server from outside. */
export interface SessionDesk {
  /** In the order in which they began. */
  list(): readonly SessionInfo[]
  /** What runs completes first, within `serverLimits.endingGrace`. @returns false: there is no such session */
  end(id: string, why: Ending): boolean
  /** The same for all sessions of a user, or for those of one kind. @returns how many */
  endUser(address: string, why: Ending, kind?: Kind): number
}

/** Where no server runs. */
export const noSessions: SessionDesk = { list: () => [], end: () => false, endUser: () => 0 }
