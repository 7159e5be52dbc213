/** What a server may say although nobody asked (RFC 3501 §7, RFC 9051 §7). Pure; FETCH has its own rules. */
import type { Response } from './imap-response.js'
import type { View } from './imap-view.js'

/** @param command that is being answered. @param growth the greatest EXISTS that is written and has not come */
export function mayComeUnwritten(came: Response, view: View, command: string | null, growth: number | null): boolean {
  if (came.kind === 'continuation') return false
  // A warning or advice. BYE ends the connection, BAD says that something was wrong, PREAUTH is a greeting.
  if (came.kind === 'status') return came.tag === '*' && /^(?:OK|NO)$/i.test(came.status)
  switch (came.name) {
    case 'CAPABILITY':
    case 'FLAGS':
    case 'RECENT':
      return true
    case 'EXISTS':
      return mayExist(Number(came.number), view, growth)
    case 'LIST':
      return command === 'SELECT' || command === 'EXAMINE'
    default:
      return false
  }
}

/** The count that is known already, or one on the way to what is written. */
const mayExist = (count: number, { exists }: View, growth: number | null): boolean =>
  count === exists || (growth !== null && (exists === null || count > exists) && count < growth)
