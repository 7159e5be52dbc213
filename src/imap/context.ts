/** What a session is given, and the narrower things that a handler may touch. */
import type { Authenticator } from '../accounts/contracts.js'
import type { Presence } from '../accounts/presence.js'
import type { QuotaAlerts } from '../accounts/quota-alerts.js'
import type { SaslMechanism } from '../accounts/sasl.js'
import type { SaslRun } from '../accounts/sasl-run.js'
import type { Clock } from '../core/clock.js'
import type { AccountId, Random } from '../core/ids.js'
import type { ImapLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { QuotaStore } from '../store/quota.js'
import type { AccountStore, ArrangeStore, InsideStore, MailStore, Store } from '../store/store.js'
import type { TlsOptions } from '../wire/connection.js'
import type { Alerts } from './alerts.js'
import type { Completion } from './completion.js'
import type { Input } from './input.js'
import type { Pace } from './pace.js'
import type { Progress } from './progress.js'
import type { Responses } from './responses.js'
import type { View } from './view.js'

/** What the composition root gives to each session. */
export interface ImapContext {
  readonly service: 'imap' | 'imaps'
  readonly hostname: string
  readonly store: Store
  readonly authenticator: Authenticator
  /** Those of the configuration. */
  readonly mechanisms: readonly SaslMechanism[]
  readonly clock: Clock
  readonly random: Random
  /** For the authenticator, and as the origin of this session's changes. */
  readonly sessionId: string
  /** A child with connection_id and session_id bound. */
  readonly log: Log
  /** Makes what STARTTLS needs; null: STARTTLS is not offered. */
  readonly tls: (() => TlsOptions) | null
  readonly limits: ImapLimits
  /** Addresses of users who may set quotas, not in canonical form. */
  readonly administrators: readonly string[]
  /** One for all sessions. */
  readonly alerts: Pick<QuotaAlerts, 'listen'>
  /** Told whose session it is. */
  readonly presence: Presence
  /** Aborted, with an Ending: finish the command that runs, say BYE. */
  readonly stopping: AbortSignal
}

/** Whose quota is how large. */
export type Quotas = Pick<QuotaStore, 'findQuota' | 'setQuota'> & Pick<AccountStore, 'findUser'>

/** What every handler has. */
interface Shared {
  readonly store: MailStore & Pick<InsideStore, 'search'> & ArrangeStore
  readonly quotas: Quotas
  readonly clock: Clock
  readonly limits: ImapLimits
  readonly log: Log
  readonly out: Responses
  /** Of the user, once there is one. */
  readonly alerts: Alerts
  /** Where a command that takes long says how far it has come. */
  readonly progress: Pick<Progress, 'report'>
  /** Lets others have their turn: one for all commands of the session, so that many small ones count as well. */
  readonly pace: Pace
  /** More from the client in the middle of a command. */
  readonly input: Input
  /** What this session's writes give as `origin`. */
  readonly origin: string
  /** Aborted, with Disconnected, when the connection is closed: what only answers the client can stop. */
  readonly gone: AbortSignal
  /** The capabilities at this moment, as the CAPABILITY response lists them. */
  capabilities(): string
}

export interface OpenContext extends Shared {
  readonly state: 'not-authenticated'
  /** True where STARTTLS can still be done. */
  readonly tlsOffered: boolean
  /** Verifies credentials; on success the session is authenticated. @returns the tagged completion; after too many failures it closes */
  login(username: string, password: string): Promise<Completion>
  /** The same by a SASL exchange; null: the mechanism is not offered. */
  exchange(mechanism: string): Exchange | null
}

/** An exchange that has not begun. `ask` sends a challenge; a completion from it ends the exchange. */
export type Exchange = (initial: Buffer | null, ask: SaslRun<Completion>['ask']) => Promise<Completion>

interface LoggedIn extends Shared {
  readonly account: AccountId
  /** May see and set the quotas of all. */
  readonly administrator: boolean
  /** Leaves the selected mailbox, if there is one, and takes `view` in its place. */
  select(view: View | null): Promise<void>
}

export interface AuthenticatedContext extends LoggedIn {
  readonly state: 'authenticated'
}

export interface SelectedContext extends LoggedIn {
  readonly state: 'selected'
  readonly view: View
}

export type UserContext = AuthenticatedContext | SelectedContext
export type Context = OpenContext | UserContext
export type StateName = Context['state']
