/** The AUTH exchange: RFC 4954 §4. Challenges and answers in base64, then the verdict in a reply. */
import type { Caller, Verdict } from '../accounts/contracts.js'
import { offeredMechanisms, type SaslMechanism, saslExchange } from '../accounts/sasl.js'
import { runSasl, type SaslOutcome } from '../accounts/sasl-run.js'
import { decodeBase64, encodeBase64 } from '../wire/base64.js'
import type { Connection } from '../wire/connection.js'
import type { SmtpLine } from '../wire/smtp-reader.js'
import type { SmtpContext } from './context.js'
import { isOutage } from './errors.js'
import * as events from './events.js'
import { challenge, type Reply, replies } from './reply.js'
import type { Answer } from './state.js'

/** A user name may be anything that a client sends; a log line shows so much of it. */
const SHOWN_USERNAME = 256

/** Mechanisms that know no initial response: RFC 4954 §4. */
const SERVER_FIRST: ReadonlySet<SaslMechanism> = new Set(['CRAM-MD5'])

export interface AuthDesk {
  readonly cx: SmtpContext
  readonly connection: Connection
  /** Sends a challenge and gives the client's line. */
  readonly ask: (challenge: Reply) => Promise<SmtpLine>
}

/** What EHLO offers on this connection, in TLS or as if it were. */
export const mechanismsOn = (cx: Pick<SmtpContext, 'mechanisms'>, connection: Connection): readonly SaslMechanism[] =>
  offeredMechanisms(cx.mechanisms, (type) => connection.channelBinding(type))

/** Runs one exchange. `initial` is the initial response in base64, `=` for an empty one, or null. */
export async function authenticate(mechanism: string, initial: string | null, desk: AuthDesk): Promise<Answer> {
  const { cx, connection } = desk
  const channelBinding = (type: string): Buffer | null => connection.channelBinding(type)
  const offered = mechanismsOn(cx, connection)
  const exchange = saslExchange(mechanism, offered, { ...cx, channelBinding })
  const name = offered.find((one) => one === mechanism.toUpperCase())
  if (exchange === null || name === undefined) return slip(replies.unknownMechanism)
  const first = initial === null ? null : decodeBase64(initial === '=' ? '' : initial)
  if (initial !== null && first === null) return slip(replies.badBase64)
  if (initial !== null && SERVER_FIRST.has(name)) return slip(replies.serverFirst)
  const { authenticator, log, sessionId } = cx
  const caller: Caller = { protocol: 'smtp', remoteAddress: connection.remote.address, sessionId }
  const ask = async (octets: Buffer): Promise<Buffer | Reply> =>
    responseIn(await desk.ask(challenge(encodeBase64(octets))))
  try {
    return answerTo(await runSasl({ mechanism: name, exchange, caller, authenticator, log, ask }, first), name, desk)
  } catch (error) {
    // RFC 4954 §4: 454 for a server failure; the client is not to blame.
    if (isOutage(error)) return slip(replies.throttled)
    throw error
  }
}

function answerTo(outcome: SaslOutcome<Reply>, mechanism: string, { cx, connection }: AuthDesk): Answer {
  switch (outcome.kind) {
    case 'stopped':
      return slip(outcome.by)
    case 'malformed':
      return slip(replies.badCredentials)
    case 'authorization':
      return failure(replies.invalidCredentials)
    case 'verdict':
      return judged(outcome.verdict, outcome.username, mechanism, { cx, client_ip: connection.remote.address })
  }
}

function judged(
  verdict: Verdict,
  username: string,
  auth_method: string,
  { cx, client_ip }: { readonly cx: SmtpContext; readonly client_ip: string },
): Answer {
  if (verdict.kind === 'accepted') {
    cx.presence.enter(verdict.address, verdict.appPassword)
    events.authSucceeded(cx.log, { username: verdict.address, auth_method, client_ip })
    return { answer: 'authenticated', user: verdict.address }
  }
  const error_code = verdict.kind === 'throttled' ? '454' : '535'
  events.authFailed(cx.log, { username: username.slice(0, SHOWN_USERNAME), error_code, client_ip })
  return failure(VERDICTS[verdict.kind])
}

/** The octets of a client response, or the reply to what is none. */
function responseIn(line: SmtpLine): Buffer | Reply {
  if (line.kind !== 'line') return replies.authLineTooLong
  const text = line.octets.toString('latin1')
  return text === '*' ? replies.cancelled : (decodeBase64(text) ?? replies.badBase64)
}

/** A slip of the pen, and a failed attempt, which counts. */
const slip = (reply: Reply): Answer => ({ answer: 'not-authenticated', reply, counts: false })
const failure = (reply: Reply): Answer => ({ answer: 'not-authenticated', reply, counts: true })

/** Decision 10: only the right password of a disabled user learns that the user is disabled. */
const VERDICTS: { readonly [K in Exclude<Verdict['kind'], 'accepted'>]: Reply } = {
  invalid: replies.invalidCredentials,
  disabled: replies.userDisabled,
  'not-allowed': replies.loginNotAllowed,
  throttled: replies.throttled,
}
