/** What SMTP and IMAP ask of accounts: where an address leads, and whether somebody is who they say. */
import type { AccountId, MailboxId } from '../core/ids.js'

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

export interface Attempt {
  readonly username: string
  readonly password: string
  readonly remoteAddress: string
  /** For the log. */
  readonly sessionId: string
}

export type Verdict =
  | { readonly kind: 'accepted'; readonly account: AccountId; readonly address: string }
  /** Unknown user, wrong password, or a disabled user's wrong password: nobody can tell which (decision 10). */
  | { readonly kind: 'invalid' }
  /** The right password of a disabled user. */
  | { readonly kind: 'disabled' }
  /** Too many failures from this address or for this account: refused unseen for a while (decision 11). */
  | { readonly kind: 'throttled' }

export interface Authenticator {
  /** Takes as long as bcrypt and the back-off want it to. Faults reject. */
  verify(attempt: Attempt): Promise<Verdict>
}
