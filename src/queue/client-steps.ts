/** What the machines of the SMTP client hear and what they want done: the words between them and whoever has the connection. */
import type { ClientLimits } from '../core/limits-client.js'
import type { SmtpReply } from '../wire/reply-reader.js'

/** What is waited for. */
export type Phase =
  | 'greeting'
  | 'ehlo'
  | 'startTls'
  | 'auth'
  | 'rset'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'block'
  | 'chunk'
  | 'final'
  | 'quit'

/** Of a session in the words of RFC 5321 §4.5.3.2, and for people. */
export const phases: { readonly [P in Phase]: { readonly limit: keyof ClientLimits; readonly words: string } } = {
  greeting: { limit: 'greetingTimeout', words: 'its greeting' },
  ehlo: { limit: 'ehloTimeout', words: 'its answer to EHLO' },
  startTls: { limit: 'startTlsTimeout', words: 'its answer to STARTTLS' },
  auth: { limit: 'authTimeout', words: 'its answer to AUTH' },
  rset: { limit: 'rsetTimeout', words: 'its answer to RSET' },
  mail: { limit: 'mailTimeout', words: 'its answer to MAIL' },
  rcpt: { limit: 'rcptTimeout', words: 'its answer to RCPT' },
  data: { limit: 'dataTimeout', words: 'its answer to DATA' },
  block: { limit: 'blockTimeout', words: 'it to take the message' },
  chunk: { limit: 'blockTimeout', words: 'its answer to BDAT' },
  final: { limit: 'finalTimeout', words: 'its answer to the end of the message' },
  quit: { limit: 'quitTimeout', words: 'its answer to QUIT' },
}

/** Something that ends the connection. `garbage`: what came is no reply, or none that can be meant. */
export type Failure =
  | { readonly kind: 'lost'; readonly why: string | null }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'garbage'; readonly why: string }

export type ClientEvent =
  | { readonly kind: 'reply'; readonly reply: SmtpReply }
  /** The octets that an effect names are written, and with the last of them nothing else was waited for. */
  | { readonly kind: 'sent' }
  /** The message may not go in this way, for good: CR or LF stand alone in it, and DATA has no form for that. */
  | { readonly kind: 'unfit' }
  /** The handshake of TLS is done, or did not succeed: the connection is then of no use. */
  | { readonly kind: 'secured' }
  | { readonly kind: 'not-secured'; readonly why: string }
  /** What 'derive' asked for. */
  | { readonly kind: 'derived'; readonly key: Buffer }
  | Failure

export type Effect =
  /** A line without its CRLF. `shown`: what people may see of it; left out: all. */
  | { readonly kind: 'write'; readonly line: string; readonly shown?: string }
  /** The next event comes within the limit of the phase. */
  | { readonly kind: 'await'; readonly phase: Phase }
  /** The message as DATA has it, with the dot at its end; 'sent' follows. */
  | { readonly kind: 'content' }
  /** The next so many octets of the message as they are; 'sent' follows. `last`: that is all of it. */
  | { readonly kind: 'chunk'; readonly octets: number; readonly last: boolean }
  /** Shake hands, unless something unread came in clear (RFC 3207 §4.2). */
  | { readonly kind: 'secure'; readonly verify: boolean }
  /** PBKDF2 with SHA-256, 32 octets. */
  | { readonly kind: 'derive'; readonly password: string; readonly salt: Buffer; readonly iterations: number }

/** A dialogue: effects until there is an end. */
export interface Machine<End> {
  /** null while it lasts. */
  readonly end: End | null
  start(): readonly Effect[]
  on(event: ClientEvent): readonly Effect[]
}

/** As an SMTP reply of our own (RFC 3463 §3.5: 4.4.2 is a bad connection, 4.5.0 a protocol that somebody broke). */
export function failureReply(failure: Failure, phase: Phase, host: string): string {
  const { words } = phases[phase]
  switch (failure.kind) {
    case 'timeout':
      return `450 4.4.2 Timed out waiting for ${words}: ${host}`
    case 'lost':
      return `450 4.4.2 Connection lost waiting for ${words}: ${host}${failure.why === null ? '' : `: ${failure.why}`}`
    case 'garbage':
      return `450 4.5.0 Waiting for ${words}, ${host} was not understood: ${failure.why}`
  }
}
