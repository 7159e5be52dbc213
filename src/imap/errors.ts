/** Refusals in IMAP's words: bad syntax, what the store declines, and what the session itself ends with. */
import { StoreError, type StoreRefusal } from '../store/errors.js'
import { bad, type Completion, no, type ResponseCode } from './completion.js'

/** The input is not the grammar's. Thrown deep inside a parser; the dispatcher adds the tag. */
export class BadSyntax extends Error {
  /** Octets of the arguments before the place, literals counted. */
  readonly at: number

  constructor(expected: string, at: number) {
    super(`Expected ${expected} at octet ${at} of the arguments`)
    this.name = 'BadSyntax'
    this.at = at
  }
}

/** The arguments are well formed and mean nothing here, such as a message number that does not exist. */
export class BadArgument extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'BadArgument'
  }
}

/** The command is declined with a completion that is ready. */
export class Refused extends Error {
  readonly completion: Completion

  constructor(completion: Completion) {
    super(completion.text)
    this.name = 'Refused'
    this.completion = completion
  }
}

/** The session cannot go on: `* BYE` with these words, then the connection is closed (RFC 3501 §7.1.5). */
export class Farewell extends Error {
  readonly code: ResponseCode | null

  constructor(text: string, code: ResponseCode | null = null) {
    super(text)
    this.name = 'Farewell'
    this.code = code
  }
}

/** RFC 5530 code and text for each refusal. Adding a refusal does not compile until it has a row. */
export type Refusals = Readonly<Record<StoreRefusal, readonly [ResponseCode | null, string]>>

const REFUSALS: Refusals = {
  'no-such-domain': ['NONEXISTENT', 'No such domain'],
  'domain-exists': ['ALREADYEXISTS', 'Domain already exists'],
  'domain-not-empty': ['INUSE', 'Domain has users or aliases'],
  'no-such-user': ['NONEXISTENT', 'No such user'],
  'user-exists': ['ALREADYEXISTS', 'User already exists'],
  'no-such-alias': ['NONEXISTENT', 'No such alias'],
  'alias-exists': ['ALREADYEXISTS', 'Alias already exists'],
  'too-many-targets': ['LIMIT', 'Too many targets'],
  'no-such-app-password': ['NONEXISTENT', 'No such app password'],
  'app-password-exists': ['ALREADYEXISTS', 'App password already exists'],
  'too-many-app-passwords': ['LIMIT', 'Too many app passwords'],
  'no-such-mailbox': ['NONEXISTENT', 'No such mailbox'],
  'mailbox-exists': ['ALREADYEXISTS', 'Mailbox already exists'],
  'mailbox-has-children': ['HASCHILDREN', 'There are mailboxes below this name'],
  'inbox-stays': ['CANNOT', 'INBOX cannot be deleted'],
  'bad-mailbox-name': ['CANNOT', 'A mailbox cannot have this name'],
  'long-mailbox-name': ['LIMIT', 'This name is too long, or has too many levels'],
  'too-many-mailboxes': ['LIMIT', 'Too many mailboxes'],
  'too-many-subscriptions': ['LIMIT', 'Too many subscriptions'],
  'no-such-message': ['EXPUNGEISSUED', 'Some of these messages are gone'],
  'too-many-keywords': ['LIMIT', 'Too many keywords in this mailbox'],
  'too-much-to-arrange': ['LIMIT', 'Too many messages to arrange at once, search for fewer'],
  'no-such-destination': ['NONEXISTENT', 'This destination is not paused'],
  'too-many-pauses': ['LIMIT', 'Too many destinations are paused'],
  'hold-rule-exists': ['ALREADYEXISTS', 'Hold rule already exists'],
  'no-such-hold-rule': ['NONEXISTENT', 'No such hold rule'],
  'too-many-hold-rules': ['LIMIT', 'Too many hold rules'],
  'no-such-address': ['NONEXISTENT', 'No such address'],
  'over-quota': ['OVERQUOTA', 'Quota exceeded'],
  unavailable: ['UNAVAILABLE', 'The mail store cannot do this now'],
}

/**
 * The tagged completion for an error that a parser or handler threw, or null if it is a fault of ours.
 * `here`: where this command words a refusal differently.
 */
export function completionFor(error: unknown, here: Partial<Refusals> = {}): Completion | null {
  if (error instanceof BadSyntax || error instanceof BadArgument) return bad(error.message)
  if (error instanceof Refused) return error.completion
  if (error instanceof StoreError) return no(...(here[error.refusal] ?? REFUSALS[error.refusal]))
  return null
}
