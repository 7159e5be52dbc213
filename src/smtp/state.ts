/** What the SMTP machine is made of: its states, what it asks of the shell, and what the shell answers. */
import type { Resolution } from '../accounts/contracts.js'
import type { SmtpLimits } from '../core/limits.js'
import type { Delivery, Expanded } from '../store/store.js'
import type { SmtpService } from './context.js'
import type { MailParameters, RcptParameters } from './extensions.js'
import type { Mailbox } from './parse.js'
import type { Reply } from './reply.js'
import type { Admission } from './submission-senders.js'

/** What is known of the client whatever it is doing. */
export interface Known {
  readonly tls: boolean
  /** The address that it logged in as, or null. */
  readonly user: string | null
  /** Refused commands since the last accepted message: a client that delivers mail may go on for ever. */
  readonly errors: number
  readonly authFailures: number
  /** Commands since the last accepted message that brought no mail nearer. */
  readonly idle: number
  /** MAIL commands that were taken. */
  readonly mails: number
}

/** What the client said of itself. */
export interface Client {
  readonly name: string
  /** It said EHLO. */
  readonly extended: boolean
}

/** A recipient as RCPT gives it. */
export interface Addressed {
  readonly mailbox: Mailbox
  readonly parameters: RcptParameters
}

/** A recipient that was accepted, and the places (endings.ts) that its copies go to. */
export interface Answered {
  readonly address: string
  readonly places: readonly string[]
}

/** A mail transaction from MAIL on: RFC 5321 §3.3. */
export interface Transaction {
  readonly client: Client
  readonly from: Mailbox | null
  readonly parameters: MailParameters
  /** Places that copies may go to before the sender reaches a limit; left out: as many as a message may have. */
  readonly room?: number
  /** Where copies go, each place once. */
  readonly to: readonly Delivery[]
  /** Aliases of several whose sender is to be told that they were followed, each once; left out: none. */
  readonly expanded?: readonly Expanded[]
  /** The recipients as they were given and accepted, repetitions too: LMTP answers each (RFC 2033 §4.2). */
  readonly recipients: readonly Answered[]
}

export type Phase =
  | { readonly at: 'connected' }
  | { readonly at: 'greeted'; readonly client: Client }
  | ({ readonly at: 'mail' } & Transaction)
  /** After the first BDAT: no recipient more, and no DATA (RFC 3030 §2). `refusal`: of a chunk before, which costs the message; it is there where there is no recipient. */
  | ({ readonly at: 'chunking'; readonly refusal: Reply | null } & Transaction)
export type State = Known & Phase
export type Greeted = Extract<State, { at: 'greeted' }>
export type Addressing = Extract<State, { at: 'mail' }>
/** What a message comes with, however it comes. */
export type Mail = Known & Transaction

/** What the shell reports back. */
export type Answer =
  /** `mail` may begin, or MAIL is refused. */
  | { readonly answer: 'admitted'; readonly mail: Addressing; readonly admission: Admission }
  | { readonly answer: 'unreadable'; readonly reply: Reply }
  | {
      readonly answer: 'resolved'
      readonly recipient: Addressed
      readonly resolution: Resolution
      readonly full?: Reply | null
    }
  | {
      readonly answer: 'received'
      readonly reply: Reply
      readonly accepted: boolean
      /** Places that have no room, of a message that others got, and what LMTP says for them. */
      readonly left?: { readonly places: readonly string[]; readonly reply: Reply }
    }
  /** A chunk that is not the last. */
  | { readonly answer: 'chunk'; readonly reply: Reply; readonly accepted: boolean }
  | { readonly answer: 'skipped'; readonly reply: Reply; readonly last: boolean }
  | { readonly answer: 'secured' }
  | { readonly answer: 'authenticated'; readonly user: string }
  /** `counts`: credentials were tried and refused. */
  | { readonly answer: 'not-authenticated'; readonly reply: Reply; readonly counts: boolean }

/** What the shell does once the reply is written. The machine itself touches nothing. */
export type Task =
  | { readonly kind: 'admit'; readonly mail: Addressing }
  | { readonly kind: 'resolve'; readonly recipient: Addressed; readonly size: number }
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
