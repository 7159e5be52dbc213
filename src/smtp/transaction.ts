/**
 * The SMTP session as a pure machine: verb × state → state, reply, and what the shell does next. What must be
 * asked of the world comes back as an answer, so that any sequence can be driven through `step` by a test.
 */
import type { Resolution, Target } from '../accounts/contracts.js'
import type { SmtpLimits } from '../core/limits.js'
import { ending, placeOf } from './endings.js'
import { deliveriesTo, expandedWith } from './expansions.js'
import { keywords } from './extensions.js'
import { isAscii } from './parse.js'
import { hello, help, helpOn, type Reply, replies } from './reply.js'
import type {
  Addressed,
  Addressing,
  Answer,
  Client,
  Greeted,
  Known,
  Phase,
  Policy,
  State,
  Step,
  Task,
  Transaction,
} from './state.js'
import type { Admission } from './submission-senders.js'
import { type Command, type Verb, verbOf, verbs, verbsOf } from './verbs.js'

export const initialState = (tls: boolean): State => ({
  at: 'connected',
  tls,
  user: null,
  errors: 0,
  authFailures: 0,
  idle: 0,
  mails: 0,
})

/** Takes one command. Gate, then table, then the counts. */
export function step(before: State, command: Command, policy: Policy): Step {
  const state = isIdle(command) ? { ...before, idle: before.idle + 1 } : before
  if (state.idle > policy.limits.idleCommands) return farewell(state, replies.tooManyIdle)
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
  const next = answered(state, answer, policy)
  // Chunks that were on their way when one was refused are not so many mistakes (RFC 3030 §2).
  return state.at === 'chunking' && state.refusal !== null && answer.answer === 'skipped' ? next : counted(next, policy)
}

/**
 * Decision 1, RFC 3207 §4, RFC 4954 §6: the refusal of a verb that comes before the TLS or AUTH it needs.
 * It is asked for before the arguments are looked at, too.
 */
export function gate({ tls, user }: Known, verb: Verb, { service }: Policy): Reply | null {
  const { needs, only } = verbs[verb]
  if (only !== undefined && (only === 'lmtp') !== (service === 'lmtp')) return replies.unrecognised
  if (needs === 'nothing') return null
  const open = service === 'smtp' || service === 'lmtp'
  if (!tls && (needs === 'tls' || !open)) return replies.needTls
  return needs === 'mail' && !open && user === null ? replies.needAuthentication : null
}

/** Brings no mail nearer: a session that does nothing else is not served for ever. */
const isIdle = (command: Command): boolean =>
  verbs[command.verb].idle === true || (command.verb === 'BDAT' && command.size === 0 && !command.last)

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
  EHLO: anywhere(greetExtended),
  LHLO: anywhere(greetExtended),
  HELO: anywhere((s, { name }, { hostname }) => say(greeted(s, { name, extended: false }), hello(hostname))),
  MAIL: {
    connected: (s, _, { service }) => say(s, service === 'lmtp' ? replies.needLhlo : replies.needHello),
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
  HELP: anywhere((s, { topic }, { service }) => say(s, helpFor(topic, service))),
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

function greetExtended(s: State, { name }: CommandOf<'EHLO' | 'LHLO'>, policy: Policy): Step {
  const offer = keywords({ ...policy, tls: s.tls, mechanisms: policy.mechanisms() })
  return say(greeted(s, { name, extended: true }), hello(policy.hostname, offer))
}

function beginMail(s: Greeted, { from, parameters }: CommandOf<'MAIL'>, { limits }: Policy): Step {
  if ((parameters.size ?? 0) > limits.maxMessageSize) return say(s, replies.tooBig)
  if (s.mails >= limits.transactions) return farewell(s, replies.tooManyMessages)
  const known = { ...knownOf(s), mails: s.mails + 1 }
  const mail: Addressing = { ...known, at: 'mail', client: s.client, from, parameters, to: [], recipients: [] }
  return needsAdmission(s, limits) ? silently(s, { kind: 'admit', mail }) : say(mail, replies.senderOk)
}

/** A user has addresses of the own, and everybody may have limits. */
const needsAdmission = ({ user }: Known, limits: SmtpLimits): boolean =>
  user !== null || limits.messagesPerHourPerAddress > 0 || limits.recipientsPerHourPerAddress > 0

function admitted(s: State, mail: Addressing, admission: Admission): Step {
  if (admission.kind === 'refused') return say(s, admission.reply)
  return say({ ...mail, room: admission.room }, replies.senderOk)
}

function addRecipient(s: Addressing, { to: mailbox, parameters }: CommandOf<'RCPT'>, { limits }: Policy): Step {
  if (Math.max(s.to.length, s.recipients.length) >= limits.maxRecipients) return say(s, replies.tooManyRecipients)
  if (s.parameters.utf8 !== true && !isAscii(mailbox.address)) return say(s, replies.asciiRecipient)
  // RFC 6533 §3: without SMTPUTF8 it has an encoding in ASCII.
  if (s.parameters.utf8 !== true && !isAscii(parameters.originalRecipient ?? '')) return say(s, replies.badParameter)
  return silently(s, { kind: 'resolve', recipient: { mailbox, parameters }, size: s.parameters.size ?? 0 })
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

function answered(s: State, answer: Answer, policy: Policy): Step {
  switch (answer.answer) {
    case 'unreadable':
      return say(s, answer.reply)
    case 'admitted':
      return admitted(s, answer.mail, answer.admission)
    case 'resolved':
      if (s.at !== 'mail') return say(s, replies.badSequence)
      return answer.full ? say(s, answer.full) : resolved(s, answer.recipient, answer.resolution)
    case 'chunk':
      if (s.at !== 'chunking') return say(s, answer.reply)
      return say(answer.accepted ? s : { ...s, refusal: answer.reply }, answer.reply)
    case 'skipped':
      return skipped(s, answer, policy)
    case 'received':
      return say(answer.accepted ? { ...reset(s), errors: 0, idle: 0 } : reset(s), ending(s, answer, policy))
    case 'secured': // RFC 3207 §4.2: nothing of what was said in clear is remembered
      return { state: initialState(true), reply: null, task: null }
    case 'authenticated':
      return say({ ...s, user: answer.user, authFailures: 0 }, replies.authenticated)
    case 'not-authenticated':
      return say({ ...s, authFailures: s.authFailures + (answer.counts ? 1 : 0) }, answer.reply)
  }
}

/**
 * A chunk that was refused costs the message, also where it came before the first recipient: what follows it would
 * be delivered without it.
 */
function skipped(s: State, { reply, last }: Extract<Answer, { answer: 'skipped' }>, policy: Policy): Step {
  if (s.at === 'mail' && !last) return say({ ...s, at: 'chunking', refusal: reply }, reply)
  return s.at === 'chunking' && last ? say(reset(s), ending(s, { reply }, policy)) : say(s, reply)
}

function helpFor(topic: string, service: Policy['service']): Reply {
  if (topic === '') return help(verbsOf(service))
  const verb = verbsOf(service).find((one) => one === verbOf(topic)) ?? null
  return verb === null ? replies.noHelp : helpOn(verbs[verb].form, verbs[verb].rfc)
}

/** Local and alias: anybody may. Remote: only who has logged in, or we would be an open relay. */
function resolved(s: Addressing, recipient: Addressed, resolution: Resolution): Step {
  const { address } = recipient.mailbox
  switch (resolution.kind) {
    case 'local': // RFC 3464 §2.3.2: its sender is told of it as it was given
      return accept(s, recipient, [{ ...resolution, ...(recipient.mailbox.domain === '' ? {} : { address }) }])
    case 'alias':
      return accept(s, recipient, resolution.targets)
    case 'loop':
      return say(s, replies.aliasLoop)
    case 'unknown-user':
      return say(s, replies.unknownUser)
    case 'disabled':
      return say(s, replies.mailboxDisabled)
    case 'remote':
      return s.user === null ? say(s, replies.relayingDenied) : accept(s, recipient, [{ kind: 'remote', address }])
  }
}

/** A mailbox or remote recipient that is reached twice gets one copy, and RCPT is answered as the first time. */
function accept(s: Addressing, addressed: Addressed, targets: readonly Target[]): Step {
  const deliveries = deliveriesTo(targets, addressed.parameters)
  const before = new Set(s.to.map(placeOf))
  const added = deliveries.filter((delivery) => !before.has(placeOf(delivery)))
  if (s.room !== undefined && s.to.length + added.length > s.room) return say(s, replies.sendingLimit)
  const recipient = { address: addressed.mailbox.address, places: deliveries.map(placeOf) }
  const noted = { to: [...s.to, ...added], recipients: [...s.recipients, recipient] }
  return say({ ...s, ...noted, ...expandedWith(s, addressed, targets) }, replies.recipientOk)
}

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

const farewell = (state: State, words: Reply): Step => silently(state, { kind: 'close', words })

const knownOf = ({ tls, user, errors, authFailures, idle, mails }: Known): Known => ({
  tls,
  user,
  errors,
  authFailures,
  idle,
  mails,
})

const greeted = (s: Known, client: Client): Greeted => ({ ...knownOf(s), at: 'greeted', client })

const reset = (s: State): State => (s.at === 'mail' || s.at === 'chunking' ? greeted(s, s.client) : s)
