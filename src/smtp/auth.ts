/** The AUTH exchange: RFC 4954 §4. Challenges and answers until there are credentials, then the verdict. */
import type { Verdict } from '../accounts/contracts.js'
import { type SaslStep, saslExchange } from '../accounts/sasl.js'
import { decodeBase64, encodeBase64 } from '../wire/base64.js'
import type { SmtpLine } from '../wire/smtp-reader.js'
import { challenge, type Reply, replies } from './reply.js'

/** What the exchange ends in: credentials to verify, or a reply that ends it. */
export type Exchange =
  | { readonly kind: 'verify'; readonly username: string; readonly password: string }
  /** `counts`: it is a failed attempt and not a slip of the pen. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly counts: boolean }

/** Sends a challenge and gives the client's line. */
export type Ask = (challenge: Reply) => Promise<SmtpLine>

/** Runs one exchange. `initial` is the initial response in base64, `=` for an empty one, or null. */
export async function exchange(mechanism: string, initial: string | null, ask: Ask): Promise<Exchange> {
  const machine = saslExchange(mechanism)
  if (machine === null) return slip(replies.unknownMechanism)
  const first = initial === null ? null : decodeBase64(initial === '=' ? '' : initial)
  if (initial !== null && first === null) return slip(replies.badBase64)
  let step: SaslStep = machine.start(first)
  while (step.kind === 'challenge') {
    const answer = responseIn(await ask(challenge(encodeBase64(step.octets))))
    if (!Buffer.isBuffer(answer)) return slip(answer)
    step = machine.answer(answer)
  }
  return outcome(step)
}

function outcome(step: Exclude<SaslStep, { kind: 'challenge' }>): Exchange {
  switch (step.kind) {
    case 'verify':
      return step
    case 'malformed':
      return slip(replies.badCredentials)
    case 'authorization':
      return { kind: 'refused', reply: replies.invalidCredentials, counts: true }
  }
}

/** The octets of a client response, or the reply to what is none. */
function responseIn(line: SmtpLine): Buffer | Reply {
  if (line.kind !== 'line') return replies.authLineTooLong
  const text = line.octets.toString('latin1')
  return text === '*' ? replies.cancelled : (decodeBase64(text) ?? replies.badBase64)
}

const slip = (reply: Reply): Exchange => ({ kind: 'refused', reply, counts: false })

/** Decision 10: only the right password of a disabled user learns that the user is disabled. */
export const verdictReplies: { readonly [K in Exclude<Verdict['kind'], 'accepted'>]: Reply } = {
  invalid: replies.invalidCredentials,
  disabled: replies.userDisabled,
  throttled: replies.throttled,
}
