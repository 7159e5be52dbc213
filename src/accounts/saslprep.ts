/**
 * SASLprep (RFC 4013), the form in which SCRAM takes passwords. Names are taken in their own form by all mechanisms
 * (core/local-part.ts), which what a client has prepared is in too.
 */
import { saslprep as prepare } from '@mongodb-js/saslprep'

/**
 * The prepared string, or null where there is none: a prohibited character, or directions mixed (RFC 3454 §6).
 * Characters that Unicode has gained since 3.2 are allowed, or a password could hold no emoji.
 */
export function saslprep(text: string): string | null {
  try {
    return prepare(text, { allowUnassigned: true })
  } catch {
    return null
  }
}
