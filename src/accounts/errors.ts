/** How account administration says no: one clear line for the person who asked. */
import { aliasLimits, authLimits } from '../core/limits.js'
import { quoted } from '../core/quoted.js'
import { StoreError } from '../store/errors.js'
import { PasswordsBusy } from './password.js'

/** The domain of an address, or the domain itself. */
const domainPart = (subject: string): string => subject.slice(subject.lastIndexOf('@') + 1)

/** Refusals of the store, about a domain or an address. */
const DECLINED = {
  'no-such-domain': (subject: string) => `there is no domain ${domainPart(subject)}`,
  'domain-exists': (subject: string) => `the domain ${subject} exists already`,
  'domain-not-empty': (subject: string) => `the domain ${subject} still has users or aliases`,
  'no-such-user': (subject: string) => `there is no user ${subject}`,
  'user-exists': (subject: string) => `the user ${subject} exists already`,
  'no-such-alias': (subject: string) => `there is no alias ${subject}`,
  'alias-exists': (subject: string) => `${subject} is an alias already`,
  'too-many-targets': (subject: string) => `${subject} would have more than ${aliasLimits.targets} targets`,
  'no-such-app-password': (address: string, name: string) => `${address} has no app password ${quoted(name)}`,
  'app-password-exists': (address: string, name: string) => `${address} has an app password ${quoted(name)}`,
  'too-many-app-passwords': (address: string) => `${address} has ${authLimits.appPasswords} app passwords already`,
  unavailable: () => 'the store cannot be written to or read now',
} as const

type Declined = keyof typeof DECLINED
const isDeclined = (refusal: string): refusal is Declined => Object.hasOwn(DECLINED, refusal)

export type AccountRefusal =
  | Declined
  | 'bad-address'
  | 'bad-domain'
  | 'bad-password'
  | 'bad-display-name'
  | 'bad-separator'
  | 'bad-app-password-name'
  | 'bad-access'
  | 'no-such-target'

/** Nothing was changed. `message` is meant for people; the admin API maps `refusal` to a status. */
export class AccountError extends Error {
  readonly refusal: AccountRefusal

  constructor(refusal: AccountRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AccountError'
    this.refusal = refusal
  }

  /** `name`: of what `subject` has. The same in words for people when the store declined; any other error is a fault and returned as it is. */
  static from(error: unknown, subject: string, name = ''): unknown {
    if (error instanceof PasswordsBusy) return new AccountError('unavailable', error.message, { cause: error })
    if (!(error instanceof StoreError) || !isDeclined(error.refusal)) return error
    return new AccountError(error.refusal, DECLINED[error.refusal](subject, name), { cause: error })
  }
}

/** What the store would have said about `subject`. */
export const declined = (refusal: Declined, subject: string): AccountError =>
  new AccountError(refusal, DECLINED[refusal](subject, ''))
