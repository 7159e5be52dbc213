/** What the admin API itself refuses, beside the refusals of accounts and store. */

export type AdminRefusal =
  | 'no-such-session'
  | 'no-such-mailbox'
  | 'no-such-token'
  | 'no-such-message'
  | 'no-such-transcript'
  | 'token-exists'
  | 'too-many-tokens'
  | 'not-running'

/** Nothing was changed. `message` is meant for people. */
export class AdminError extends Error {
  readonly refusal: AdminRefusal

  constructor(refusal: AdminRefusal, message: string) {
    super(message)
    this.name = 'AdminError'
    this.refusal = refusal
  }
}
