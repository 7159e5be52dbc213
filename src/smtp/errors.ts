/** How the refusals of others become replies. */
import { StoreError, type StoreRefusal } from '../store/errors.js'
import { DeadlineExpired } from '../wire/connection.js'
import { Disconnected } from '../wire/writer.js'
import { type Reply, replies } from './reply.js'

/**
 * Thrown by a parser for a command that is not what the grammar wants. It is caught where the command was
 * read, and nothing has happened before it.
 */
export class BadCommand extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(reply.wire)
    this.name = 'BadCommand'
    this.reply = reply
  }
}

/**
 * What the end of DATA answers for each refusal of the store. Adding a refusal does not compile until it has
 * a row. Those that `accept` cannot give are faults here.
 */
const REFUSALS: { readonly [R in StoreRefusal]: Reply } = {
  'no-such-domain': replies.unknownDomain,
  'no-such-user': replies.unknownUser,
  // The mailbox went between RCPT and the end of DATA: the next attempt learns at RCPT what became of it.
  'no-such-mailbox': replies.mailboxGone,
  'over-quota': replies.mailboxFull,
  unavailable: replies.noStorage,
  'domain-exists': replies.fault,
  'domain-not-empty': replies.fault,
  'user-exists': replies.fault,
  'no-such-alias': replies.fault,
  'alias-exists': replies.fault,
  'too-many-targets': replies.fault,
  'no-such-app-password': replies.fault,
  'app-password-exists': replies.fault,
  'too-many-app-passwords': replies.fault,
  'mailbox-exists': replies.fault,
  'mailbox-has-children': replies.fault,
  'inbox-stays': replies.fault,
  'bad-mailbox-name': replies.fault,
  'long-mailbox-name': replies.fault,
  'too-many-mailboxes': replies.fault,
  'too-many-subscriptions': replies.fault,
  'no-such-message': replies.fault,
  'too-many-keywords': replies.fault,
  'too-much-to-arrange': replies.fault,
  'no-such-destination': replies.fault,
  'too-many-pauses': replies.fault,
  'hold-rule-exists': replies.fault,
  'no-such-hold-rule': replies.fault,
  'too-many-hold-rules': replies.fault,
  'no-such-address': replies.fault,
}

/** The reply for an error out of the store, or null if it is a fault of ours (logged, 451). */
export const replyFor = (error: unknown): Reply | null => (error instanceof StoreError ? REFUSALS[error.refusal] : null)

/** True when the store cannot be read or written now: a command answers that, whatever it wanted to know. It may pass. */
export const isOutage = (error: unknown): boolean => error instanceof StoreError && error.refusal === 'unavailable'

/** Ends the session from wherever it is, with these last words. */
export class Farewell extends Error {
  readonly reply: Reply

  constructor(words: Reply) {
    super(words.wire)
    this.name = 'Farewell'
    this.reply = words
  }
}

/** True for what ends a session without being a fault of ours. */
export const endsSession = (error: unknown): boolean =>
  error instanceof Farewell || error instanceof DeadlineExpired || error instanceof Disconnected

/** What is said last for such an end; null: nobody is there to hear it. */
export function lastWords(error: unknown): Reply | null {
  if (error instanceof Farewell) return error.reply
  if (error instanceof DeadlineExpired) return error.phase === 'slow data' ? replies.tooSlow : replies.timeout
  return null
}
