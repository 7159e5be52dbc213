/** What a mail server that others wrote is for tests of sending: the final destination of a domain. */

/** Local parts of those who have a mailbox there. Everybody else is unknown. (Postfix folds ß to ss.) */
export const MAILBOXES = ['ann', 'ben', 'later', 'jürgen'] as const

/** Of a message, in octets. */
export const SIZE_LIMIT = 2_000_000

/** Who gets 450 until `endGreylisting`. */
export const greylisted = (domain: string): string => `later@${domain}`

export interface MailHost {
  readonly domain: string
  /** STARTTLS, and nothing without it. */
  readonly port: number
  /** What lies in the Maildir of a user, in octets as latin1. */
  mails(user: string): Promise<readonly string[]>
  endGreylisting(): Promise<void>
  log(): Promise<string>
  stop(): Promise<void>
}
