/**
 * The SMTP session as a pure machine: verb × state → state, reply, and what the shell does next. What must be
 * asked of the world comes back as an answer, so that any sequence can be driven through `step` by a test.
 */
import type { Resolution, Target } from '../accounts/contracts.js'
import type { SmtpLimits } from '../core/limits.js'
import type { Delivery } from '../store/store.js'
import type { SmtpService } from './context.js'
import { keywords, type MailParameters } from './extensions.js'
import type { Mailbox } from './parse.js'
import { hello, help, type Reply, replies } from './reply.js'
import { type Command, type Verb, verbs } from './verbs.js'

/** What is known of the client whatever it is doing. */
export interface Known {
  readonly tls: boolean
  /** The address that it logged in as, or null. */
  readonly user: string | null
  /** Refused commands since the last accepted message: a client that delivers mail may go on for ever. */
  readonly errors: number
  readonly authFailures: number
}

/** What the client said of itself. */
export interface Client {
  readonly name: string
  /** It said EHLO. */
  readonly extended: boolean
}

/** A mail transaction from MAIL on: RFC 5321 §3.3. */
export interface Transaction {
  readonly client: Client
  readonly from: Mailbox | null
  readonly parameters: MailParameters
  readonly to: readonly Delivery[]
}

export type Phase =
  | { readonly at: 'connected' }
  | { readonly at: 'greeted'; readonly client: Client }
  | ({ readonly at: 'mail' } & Transaction)
  /** After the first BDAT: no recipient more, and no DATA (RFC 3030 §2). `refusal`: of a chunk before, which costs the message. */
  | ({ readonly at: 'chunking'; readonly refusal: Reply | null } & Transaction)
export type State = Known & Phase
export type Greeted = Extract<State, { at: 'greeted' }>
type Addressing = Extract<State, { at: 'mail' }>
/** What a message comes with, however it comes. */
export type Mail = Known & Transaction

/** What the shell reports back. */
export type Answer =
  | { readonly answer: 'unreadable'; readonly reply: Reply }
  | { readonly answer: 'resolved'; readonly mailbox: Mailbox; readonly resolution: Resolution }
  | { readonly answer: 'received'; readonly reply: Reply; readonly accepted: boolean }
  /** A chunk that is not the last. */
  | { readonly answer: 'chunk'; readonly reply: Reply; readonly accepted: boolean }
  | { readonly answer: 'skipped'; readonly reply: Reply; readonly last: boolean }
  | { readonly answer: 'secured' }
  | { readonly answer: 'authenticated'; readonly user: string }
  /** `counts`: credentials were tried and refused. */
  | { readonly answer: 'not-authenticated'; readonly reply: Reply; readonly counts: boolean }

/** What the shell does once the reply is written. The machine itself touches nothing. */
export type Task =
  | { readonly kind: 'resolve'; readonly mailbox: Mailbox }
  | { readonly kind: 'receive-data'; readonly mail: Mail }
  /** `size` in octets. */
  | { readonly kind: 'receive-chunk'; readonly mail: Mail; readonly size: number; readonly last: boolean }
  /** Octets follow all the same; `reply` is said behind them. */
  | { readonly kind: 'skip-chunk'; readonly size: number; readonly last: boolean; readonly reply: Reply }
  | { readonly kind: 'start-tls' }
  | { readonly kind: 'authenticate'; readonly mechanism: string; readonly initial: string | null }
  /** `words` are said before, if any: a 421. */
  | { readonly kind: 'close'; readonly words: Reply | null }

export interface Step {
  readonly state: State
  readonly reply: Reply | null
  readonly task: Task | null
}

/** What the machine must know of the server. */
export interface Policy {
  readonly service: SmtpService
  readonly hostname: string
  /** STARTTLS can be had. */
  readonly startTls: boolean
  /** What AUTH may be tried with now: more in one TLS channel than in another. */
  readonly mechanisms: () => readonly string[]
  readonly limits: SmtpLimits
}

export const initialState = (tls: boolean): State => ({
  at: 'connected',
  tls,
  user: null,
  errors: 0,
  authFailures: 0,
})

/** Takes one command. Gate, then table, then the count of errors. */
export function step(state: State, command: Command, policy: Policy): Step {
  const row = TABLE[command.verb]
  // The two keys say which state and command the handler is for, and they are those that it is given.
  const on = row[state.at] as Handler<State, Command> | undefined
  const refusal = gate(state, command.verb, policy) ?? (on === undefined ? row.otherwise : null)
  const taken =
    on === undefined || refusal !== null ? refuse(state, command, refusal ?? row.otherwise) : on(state, command, policy)
  return counted(taken, policy)
}

/** Takes what the world answered to the `task` of the step before, or the reply to a line that is no command. */
export function resume(state: State, answer: Answer, policy: Policy): Step {
  const next = answered(state, answer)
  // Chunks that were on their way when one was refused are not so many mistakes (RFC 3030 §2).
  return state.at === 'chunking' && state.refusal !== null && answer.answer === 'skipped' ? next : counted(next, policy)
}

/**
 * Decision 1, RFC 3207 §4, RFC 4954 §6: the refusal of a verb that comes before the TLS or AUTH it needs.
 * It is asked for before the arguments are looked at, too.
 */
export function gate({ tls, user }: Known, verb: Verb, { service }: Policy): Reply | null {
  const { needs } = verbs[verb]
  if (needs === 'nothing') return null
  if (!tls && (needs === 'tls' || service !== 'smtp')) return replies.needTls
  return needs === 'mail' && service !== 'smtp' && user === null ? replies.needAuthentication : null
}

type Handler<S, C> = (state: S, command: C, policy: Policy) => Step
type CommandOf<V extends Verb, C extends Command = Command> = C extends unknown
  ? V extends C['verb']
    ? C
    : never
  : never
type Row<V extends Verb> = {
  readonly [A in Phase['at']]?: Handler<Extract<State, { at: A }>, CommandOf<V>>
} & {
  /** The reply in the states that have no handler. */
  readonly otherwise: Reply
}

/** A verb whose answer does not depend on the state. */
const anywhere = <C>(handler: Handler<State, C>) =>
  ({ connected: handler, greeted: handler, mail: handler, chunking: handler, otherwise: replies.badSequence }) as const

/** verb × state: the whole of RFC 5321 §4.1.4. */
const TABLE: { readonly [V in Verb]: Row<V> } = {
  EHLO: anywhere((s, { name }, policy) => ({
    state: greeted(s, { name, extended: true }),
    reply: hello(policy.hostname, keywords({ ...policy, tls: s.tls, mechanisms: policy.mechanisms() })),
    task: null,
  })),
  HELO: anywhere((s, { name }, { hostname }) => say(greeted(s, { name, extended: false }), hello(hostname))),
  MAIL: {
    greeted: beginMail,
    mail: (s) => say(s, replies.nestedMail),
    chunking: (s) => say(s, replies.nestedMail),
    otherwise: replies.needHello,
  },
  RCPT: { mail: addRecipient, chunking: (s) => say(s, replies.chunksBegun), otherwise: replies.needMail },
  DATA: { mail: beginData, chunking: (s) => say(s, replies.chunksBegun), otherwise: replies.needMail },
  BDAT: {
    mail: (s, c) => (s.to.length === 0 ? refuse(s, c, replies.needRecipient) : receiveChunk(s, c)),
    chunking: (s, c) => (s.refusal === null ? receiveChunk(s, c) : refuse(s, c, s.refusal)),
    otherwise: replies.needMail,
  },
  RSET: anywhere((s) => say(reset(s), replies.ok)),
  VRFY: anywhere((s) => say(s, replies.notVerified)),
  EXPN: anywhere((s) => say(s, replies.notImplemented)),
  HELP: anywhere((s) => say(s, help(Object.keys(verbs)))),
  NOOP: anywhere((s) => say(s, replies.ok)),
  QUIT: anywhere((s) => ({ state: s, reply: replies.closing, task: { kind: 'close', words: null } })),
  STARTTLS: anywhere(startTls),
  AUTH: {
    greeted: authenticate,
    mail: (s) => say(s, replies.authInTransaction),
    chunking: (s) => say(s, replies.authInTransaction),
    otherwise: replies.needHello,
  },
}

function beginMail(s: Greeted, { from, parameters }: CommandOf<'MAIL'>, { limits }: Policy): Step {
  if ((parameters.size ?? 0) > limits.maxMessageSize) return say(s, replies.tooBig)
  const { tls, user, errors, authFailures, client } = s
  return say({ tls, user, errors, authFailures, at: 'mail', client, from, parameters, to: [] }, replies.senderOk)
}

function addRecipient(s: Addressing, { to }: CommandOf<'RCPT'>, { limits }: Policy): Step {
  if (s.to.length >= limits.maxRecipients) return say(s, replies.tooManyRecipients)
  return silently(s, { kind: 'resolve', mailbox: to })
}

function beginData(s: Addressing): Step {
  if (s.to.length === 0) return say(s, replies.needRecipient)
  if (s.parameters.body === 'BINARYMIME') return say(s, replies.binaryByData)
  return silently(s, { kind: 'receive-data', mail: s })
}

/** RFC 3030 §2 */
function receiveChunk(s: Extract<State, Transaction>, { size, last }: CommandOf<'BDAT'>): Step {
  return silently({ ...s, at: 'chunking', refusal: null }, { kind: 'receive-chunk', mail: s, size, last })
}

function startTls(s: State, _command: unknown, policy: Policy): Step {
  if (s.tls) return say(s, replies.alreadySecure)
  if (!policy.startTls) return say(s, replies.notImplemented)
  return silently(s, { kind: 'start-tls' })
}

function authenticate(s: Greeted, { mechanism, initial }: CommandOf<'AUTH'>): Step {
  if (s.user !== null) return say(s, replies.alreadyAuthenticated)
  return silently(s, { kind: 'authenticate', mechanism, initial })
}

function answered(s: State, answer: Answer): Step {
  switch (answer.answer) {
    case 'unreadable':
      return say(s, answer.reply)
    case 'resolved':
      return s.at === 'mail' ? resolved(s, answer.mailbox, answer.resolution) : say(s, replies.badSequence)
    case 'chunk':
      if (s.at !== 'chunking') return say(s, answer.reply)
      return say(answer.accepted ? s : { ...s, refusal: answer.reply }, answer.reply)
    case 'skipped':
      return say(s.at === 'chunking' && answer.last ? reset(s) : s, answer.reply)
    case 'received':
      return say(answer.accepted ? { ...reset(s), errors: 0 } : reset(s), answer.reply)
    case 'secured': // RFC 3207 §4.2: nothing of what was said in clear is remembered
      return { state: initialState(true), reply: null, task: null }
    case 'authenticated':
      return say({ ...s, user: answer.user, authFailures: 0 }, replies.authenticated)
    case 'not-authenticated':
      return say({ ...s, authFailures: s.authFailures + (answer.counts ? 1 : 0) }, answer.reply)
  }
}

/** Local and alias: anybody may. Remote: only who has logged in, or we would be an open relay. */
function resolved(s: Addressing, { address }: Mailbox, resolution: Resolution): Step {
  switch (resolution.kind) {
    case 'local':
      return accept(s, [deliveryTo(resolution)])
    case 'alias':
      return accept(s, resolution.targets.map(deliveryTo))
    case 'loop':
      return say(s, replies.aliasLoop)
    case 'unknown-user':
      return say(s, replies.unknownUser)
    case 'disabled':
      return say(s, replies.mailboxDisabled)
    case 'remote':
      return s.user === null ? say(s, replies.relayingDenied) : accept(s, [{ kind: 'remote', recipient: address }])
  }
}

const deliveryTo = (target: Target): Delivery =>
  target.kind === 'local'
    ? { kind: 'local', mailbox: target.mailbox, recipient: target.address }
    : { kind: 'remote', recipient: target.address }

/** A mailbox or remote recipient that is reached twice gets one copy, and RCPT is answered as the first time. */
function accept(s: Addressing, deliveries: readonly Delivery[]): Step {
  const before = new Set(s.to.map(placeOf))
  const added = deliveries.filter((delivery) => !before.has(placeOf(delivery)))
  return say(added.length === 0 ? s : { ...s, to: [...s.to, ...added] }, replies.recipientOk)
}

const placeOf = (delivery: Delivery): string => (delivery.kind === 'local' ? `${delivery.mailbox}` : delivery.recipient)

/** Counts refusals, and ends a session that is nothing else. 4yz replies are not the client's fault. */
function counted(step: Step, { limits }: Policy): Step {
  const { state, reply } = step
  if (reply === null || reply.code < 400) return step
  if (state.authFailures >= limits.authFailures) return closing(step, replies.tooManyFailures)
  if (reply.code < 500) return step
  const errors = state.errors + 1
  const next = { ...step, state: { ...state, errors } }
  return errors >= limits.errors ? closing(next, replies.tooManyErrors) : next
}

const closing = (step: Step, words: Reply): Step => ({ ...step, task: { kind: 'close', words } })

const say = (state: State, reply: Reply): Step => ({ state, reply, task: null })

/** A chunk that nobody wants still has to be read, or it would be taken for commands (RFC 3030 §2). */
function refuse(state: State, command: Command, reply: Reply): Step {
  if (command.verb !== 'BDAT') return say(state, reply)
  const { size, last } = command
  return silently(state, { kind: 'skip-chunk', size, last, reply })
}

/** The reply is the shell's: it depends on what comes of `task`. */
const silently = (state: State, task: Task): Step => ({ state, reply: null, task })

const greeted = ({ tls, user, errors, authFailures }: Known, client: Client): Greeted => ({
  tls,
  user,
  errors,
  authFailures,
  at: 'greeted',
  client,
})

const reset = (s: State): State => (s.at === 'mail' || s.at === 'chunking' ? greeted(s, s.client) : s)
