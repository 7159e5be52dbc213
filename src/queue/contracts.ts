/** The seams of the queue: names to hosts, hosts to a session, a session to verdicts. What waits is the store's. */
import type { Envelope, RecipientDsn } from '../store/store.js'

/** RFC 5321 §5.1 */
export interface MailExchange {
  readonly preference: number
  /** In lower case, without the last dot; empty: a null MX (RFC 7505). */
  readonly exchange: string
}

/** no-such-name: NXDOMAIN, for good. no-data: the name is there, and has none of these. unavailable: ask again later. */
export type ResolveTrouble = 'no-such-name' | 'no-data' | 'unavailable'

export class ResolveError extends Error {
  readonly trouble: ResolveTrouble

  constructor(trouble: ResolveTrouble, message: string) {
    super(message)
    this.name = 'ResolveError'
    this.trouble = trouble
  }
}

/** DNS, which follows CNAMEs by itself. No answer is empty: that is no-data. @throws ResolveError */
export interface Resolver {
  /** In no order. A name in it is what somebody else wrote: no more than a text in lower case. */
  mx(domain: string): Promise<readonly MailExchange[]>
  addresses(host: string, family: 4 | 6): Promise<readonly string[]>
}

/** none: in clear. try: STARTTLS where it is offered, in clear where it fails. require: with a certificate of anybody's. verify: of the host's name. implicit: from the first octet (RFC 8314), verified. */
export type TlsPolicy = 'none' | 'try' | 'require' | 'verify' | 'implicit'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** What the configuration says of a route, or the usual for mail that goes by MX. */
export interface RouteSettings {
  readonly tls: TlsPolicy
  readonly credentials: Credentials | null
  /** At most so many messages in a minute; null: no limit. */
  readonly perMinute: number | null
  /** At most so many connections at once; null: the usual. */
  readonly connections: number | null
}

export interface HopHost {
  /** A host name, or an address literal with its brackets. */
  readonly name: string
  readonly port: number
  /** At least one, in the order in which they are tried (RFC 8305 §4). */
  readonly addresses: readonly string[]
}

/** Where mail for a destination goes now. `reply`: as an SMTP reply with an enhanced code, for whoever is told. */
export type Plan =
  | {
      readonly kind: 'hosts'
      /** Destinations with the same key share connections: those of one route; else each its own. */
      readonly key: string
      /** At least one, in the order in which they are tried. */
      readonly hosts: readonly HopHost[]
      readonly settings: RouteSettings
    }
  | { readonly kind: 'failed'; readonly reply: string }
  | { readonly kind: 'later'; readonly reply: string }
  /** The configuration sends nothing there (queue.deliver): it stays in the queue, and that counts as no attempt. */
  | { readonly kind: 'kept'; readonly reply: string }

export interface Planner {
  /** Never rejects but for faults of ours. */
  plan(destination: string): Promise<Plan>
}

/** What a transaction sends. */
export interface OutboundMail {
  /** Queue id, for the log. */
  readonly id: string
  /** Reverse-path without angle brackets; empty for <>. */
  readonly from: string
  readonly envelope: Envelope
  readonly recipients: readonly { readonly recipient: string; readonly dsn: RecipientDsn }[]
  readonly content: OutboundContent
}

/** What a server must be able to take, and how the octets are had in a form that it can. */
export interface OutboundContent {
  /**
   * What is in the message, whatever MAIL said of it. `eightBitHeader`: in header fields of the message or of its body
   * parts, which takes SMTPUTF8 (RFC 6531 §3.6) and helps in no form where a server has none: fields cannot be written
   * in another way by whoever passes them on (RFC 6532 has none). The header of a message inside is body. `binary`: CR
   * or LF alone, or NUL; a body is then neither 7BIT nor 8BITMIME, and takes BINARYMIME (RFC 3030) or the form '7bit'.
   */
  readonly needs: { readonly eightBitBody: boolean; readonly eightBitHeader: boolean; readonly binary: boolean }
  /**
   * The octets for a server that takes `form`: as they are, or with bodies in quoted-printable or base64 where they are
   * not 7bit (RFC 6152 §3). null: they cannot be had in this form, as with '7bit' where `eightBitHeader`, or something
   * that is signed is not 7bit; a new attempt has the same end. `size`: exact for 'as-is', else an upper bound. What
   * was accepted by BDAT may have no CRLF at its end. Reading may throw StoreError 'unavailable'.
   */
  open(form: 'as-is' | '7bit'): Promise<{ readonly size: number; readonly octets: AsyncIterable<Buffer> } | null>
}

/** Of one recipient in one transaction. `reply`: the server's own words, or ours as an SMTP reply. */
export type Verdict =
  /** The server took the message on. `reports`: the DSN parameters were passed to it. */
  | { readonly recipient: string; readonly kind: 'accepted'; readonly reply: string; readonly reports: boolean }
  /** For good. */
  | { readonly recipient: string; readonly kind: 'refused'; readonly reply: string }
  | { readonly recipient: string; readonly kind: 'later'; readonly reply: string }
  /**
   * It was not its turn, and another transaction may have it at once: the server takes no more recipients in this one
   * (RFC 5321 §4.5.3.1.10), or a connection that had carried mail before was closed before it could carry more. Each
   * such transaction, or the one before it, has settled somebody, so it ends.
   */
  | { readonly recipient: string; readonly kind: 'again'; readonly reply: string }

export interface Transaction {
  /** One for each recipient, in their order. */
  readonly verdicts: readonly Verdict[]
  /**
   * Why another host may do better for those who are told 'later': it was the host and not the message that failed,
   * before anything was accepted. As an SMTP reply. null: it would not.
   */
  readonly hostTrouble: string | null
}

/** A connection that has said EHLO, TLS and AUTH behind it as the route wants. One transaction at a time. */
export interface OutboundSession {
  /** `mx.example.org [192.0.2.1]` */
  readonly host: string
  /** Protocol of TLS, or null in clear. */
  readonly tls: string | null
  /** Another transaction may follow. */
  readonly usable: boolean
  /** Never rejects but for faults of ours. */
  deliver(mail: OutboundMail): Promise<Transaction>
  /** What was said since it was asked last, without contents and secrets; bounded. */
  transcript(): string
  /** QUIT, and closes. Never rejects. */
  end(): Promise<void>
  /** Closes at once. What is under way is settled as by a connection that dropped. */
  destroy(): void
}

/** A host that cannot be used now, or with `permanent` not at all. `reply`: as an SMTP reply. */
export class HostTrouble extends Error {
  readonly reply: string
  readonly permanent: boolean
  readonly transcript: string

  constructor(reply: string, options: { readonly permanent: boolean; readonly transcript: string }) {
    super(reply)
    this.name = 'HostTrouble'
    this.reply = reply
    this.permanent = options.permanent
    this.transcript = options.transcript
  }
}

export interface Dialer {
  /** Connects to the first of the host's addresses that answers, and goes through everything up to MAIL. @throws HostTrouble */
  open(host: HopHost, settings: RouteSettings): Promise<OutboundSession>
}
