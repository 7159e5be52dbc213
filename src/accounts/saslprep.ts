/** SASLprep (RFC 4013), the form in which SCRAM takes names and passwords. */
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
