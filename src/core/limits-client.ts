/** The numbers of our own SMTP client: what a server that mail goes to may say, and how long it may take. */

const KiB = 1024

export const clientLimits = {
  /** Octets of one line of a reply. RFC 5321 §4.5.3.1.5 has 512, CRLF included; servers put long addresses and URLs in them. */
  replyLine: 4 * KiB,
  /** Lines of one reply: EHLO has some twenty, and greetings that tell of the law some fifty. */
  replyLines: 500,
  /** Octets of one reply, all lines together. */
  reply: 64 * KiB,
  /** Characters of a reply that are kept and told to people: as a line that RFC 5321 §4.5.3.1.5 allows, twice. */
  replyText: 1_024,
} as const

export type ClientLimits = { readonly [K in keyof typeof clientLimits]: number }
