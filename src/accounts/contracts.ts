/** What SMTP and IMAP ask of accounts: where an address leads, and whether somebody is who they say. */
import type { AccountId, AppPasswordId, MailboxId } from '../core/ids.js'
import type { Access, SendingSwitches } from '../store/store.js'
import type { SaslSecrets } from './sasl-exchange.js'

/** One place that mail for an address goes to in the end. */
export type Target =
  /** An address of ours: mail for it goes into this mailbox. `address` is its canonical form. */
  | { readonly kind: 'local'; readonly account: AccountId; readonly mailbox: MailboxId; readonly address: string }
  /** Somebody elsewhere whom an alias of ours names: relayed for whoever writes to the alias. */
  | { readonly kind: 'remote'; readonly address: string }

export type Resolution =
  | Extract<Target, { kind: 'local' }>
  /** An alias or catch-all of ours: mail for it goes to all of `targets`, of which there is at least one. */
  | { readonly kind: 'alias'; readonly targets: readonly Target[] }
  /** Aliases that lead to each other and to nobody, or to more than `aliasLimits` follows. */
  | { readonly kind: 'loop' }
  /** The domain is ours, the user is not, or no longer. */
  | { readonly kind: 'unknown-user' }
  /** The user is ours and may not receive now. */
  | { readonly kind: 'disabled' }
  /** Not ours. */
  | { readonly kind: 'remote' }

export interface Directory {
  /** `localPart` unquoted, `domain` as received; both in any case. `postmaster` without a domain: domain is ''. */
  resolve(localPart: string, domain: string): Promise<Resolution>
}

/** Who knocks. */
export interface Caller {
  /** What the login is for. */
  readonly protocol: keyof Access
  readonly remoteAddress: string
  /** For the log. */
  readonly sessionId: string
}

export interface Attempt extends Caller {
  readonly username: string
  readonly password: string
}

/** How somebody proves who they are, as the log names it. */
export type AuthMethod = 'password' | 'app-password' | 'cram-md5' | 'scram-sha-256' | 'scram-sha-256-plus'

/** An attempt by a mechanism that does not send the password. */
export interface ProofAttempt extends Caller {
  readonly username: string
  readonly method: AuthMethod
}

export type Lookup =
  /** Too many failures: refused unseen. */
  | { readonly kind: 'throttled' }
  /** What a proof is held against; made up where there is no such user, or one without secrets. */
  | {
      readonly kind: 'found'
      readonly secrets: SaslSecrets
      readonly conclude: Conclude
      /** Whether what was accepted is so still; for those who let time pass behind the verdict. */
      readonly confirm: () => Promise<boolean>
    }

/** Ends the attempt: `right` is what the exchange has found. Takes as long as the back-off wants it to. */
export type Conclude = (right: boolean) => Promise<Verdict>

export type Verdict =
  | {
      readonly kind: 'accepted'
      readonly account: AccountId
      readonly address: string
      /** Where it was one. */
      readonly appPassword?: AppPasswordId
    }
  /** Unknown user, wrong password, or a disabled user's wrong password: nobody can tell which (decision 10). */
  | { readonly kind: 'invalid' }
  /** The right password of a disabled user. */
  | { readonly kind: 'disabled' }
  /** The right password, of a user or an app password that is not for this protocol. */
  | { readonly kind: 'not-allowed' }
  /** Too many failures from this address or for this account: refused unseen for a while (decision 11). */
  | { readonly kind: 'throttled' }

export interface Authenticator {
  /** Takes as long as bcrypt and the back-off want it to. Faults reject. */
  verify(attempt: Attempt): Promise<Verdict>
  /** Begins an attempt that the exchange decides. One that is not concluded counts for nothing. Faults reject. */
  lookUp(attempt: ProofAttempt): Promise<Lookup>
}

/** What a user may send, and as whom (RFC 6409 §6.1). */
export interface SendingRights {
  /** Whether the user may write under an address. `localPart` unquoted, `domain` as received; both in any case. */
  owns(user: string, localPart: string, domain: string): Promise<boolean>
  /** null: the user is disabled or gone, and sends nothing. */
  switches(user: string): Promise<SendingSwitches | null>
}
