/** STARTTLS, LOGIN, AUTHENTICATE: from a stranger to a user. */
import { isUtf8 } from 'node:buffer'
import { decodeBase64, encodeBase64 } from '../../wire/base64.js'
import { type Bare, parseBare } from '../bare.js'
import { bad, type Completion, no, ok } from '../completion.js'
import type { OpenContext } from '../context.js'
import { openRow } from '../row.js'
import type { Scanner } from '../scanner.js'

export type StartTls = Bare<'STARTTLS'>

export interface Login {
  readonly name: 'LOGIN'
  readonly username: string
  readonly password: string
}

export interface Authenticate {
  readonly name: 'AUTHENTICATE'
  /** In capitals. */
  readonly mechanism: string
  /** The initial response in base64, `=` for an empty one (RFC 4959 §3), or null. */
  readonly initial: string | null
}

/** Replacement characters would make different passwords equal. */
function utf8(s: Scanner, what: string): string {
  const octets = s.astring(what)
  return isUtf8(octets) ? octets.toString('utf8') : s.fail(`${what} in UTF-8`)
}

/** login = "LOGIN" SP userid SP password; both are astring: RFC 3501 §9 */
export function parseLogin(s: Scanner): Login {
  const username = utf8(s.sp(), 'a user name')
  const password = utf8(s.sp(), 'a password')
  return { name: 'LOGIN', username, password }
}

const INITIAL = /[A-Za-z0-9+/]+={0,2}|=/y

/** "AUTHENTICATE" SP auth-type [SP initial-resp]: RFC 3501 §9, RFC 4959 §7 */
export function parseAuthenticate(s: Scanner): Authenticate {
  const mechanism = s.sp().keyword('a mechanism')
  const initial = s.skip(' ') ? (s.match(INITIAL)?.[0] ?? s.fail('base64 or "="')) : null
  return { name: 'AUTHENTICATE', mechanism, initial }
}

function decodeInitial(text: string | null): Buffer | null | 'bad' {
  if (text === null) return null
  return text === '=' ? Buffer.alloc(0) : (decodeBase64(text) ?? 'bad')
}

async function authenticate(cx: OpenContext, { mechanism, initial }: Authenticate): Promise<Completion> {
  const exchange = cx.exchange(mechanism)
  if (exchange === null) return no('CANNOT', `Mechanism ${mechanism} is not offered`)
  const first = decodeInitial(initial)
  return first === 'bad' ? bad('Expected base64') : exchange(first, (challenge) => ask(cx, challenge))
}

/** One challenge and its answer. A line of "*" gives the exchange up (RFC 3501 §6.2.2). */
async function ask({ out, input, limits }: OpenContext, challenge: Buffer): Promise<Buffer | Completion> {
  out.challenge(encodeBase64(challenge))
  const answer = await input.line({ phase: 'command', ms: limits.commandTimeout, secret: true })
  if (answer === '*') return bad('AUTHENTICATE was given up')
  return decodeBase64(answer) ?? bad('Expected base64')
}

export const authCommands = {
  /** What came in clear behind it might be somebody else's (RFC 3501 §6.2.1, decision 9). */
  STARTTLS: openRow({
    rfc: 'RFC 3501 §6.2.1',
    numbers: 'renews',
    parse: parseBare('STARTTLS'),
    async run({ tlsOffered, input, out }) {
      if (!tlsOffered) return bad('STARTTLS is not possible now')
      if (!input.pending) return ok('Begin TLS negotiation now', null, 'start-tls')
      out.untagged('BYE Nothing may follow STARTTLS in clear')
      return { ...bad('Nothing may follow STARTTLS in clear'), next: 'close' }
    },
  }),

  LOGIN: openRow({
    rfc: 'RFC 3501 §6.2.3',
    numbers: 'renews',
    secret: true,
    parse: parseLogin,
    run: (cx, { username, password }) => cx.login(username, password),
  }),

  AUTHENTICATE: openRow({
    rfc: 'RFC 3501 §6.2.2',
    numbers: 'renews',
    secret: true,
    parse: parseAuthenticate,
    run: authenticate,
  }),
}
