/** What SMTP and IMAP ask of accounts: where an address leads, and whether somebody is who they say. */
import type { AccountId, MailboxId } from '../core/ids.js'

export type Resolution =
  /** An address of ours: mail for it goes into this mailbox. `address` is its canonical form. */
  | { readonly kind: 'local'; readonly account: AccountId; readonly mailbox: MailboxId; readonly address: string }
  /** The domain is ours, the user is not, or no longer. */
  | { readonly kind: 'unknown-user' }
  /** The user is ours and may not receive now. */
  | { readonly kind: 'disabled' }
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
