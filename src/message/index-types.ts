/** What is known of a message without opening it again: made in one pass while its octets arrive, kept beside them. */

/** Octets [start, end) of the message as it is stored. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * One body part, as far as FETCH BODY[…] must know it (RFC 3501 §6.4.5).
 * multipart: `parts` are its body parts. message: `parts` holds exactly one, the message inside, whose
 * `header` is what BODY[n.HEADER] gives and whose `body` is BODY[n.TEXT]. leaf: none.
 */
export interface PartIndex {
  readonly kind: 'leaf' | 'multipart' | 'message'
  /** The header fields and the empty line that ends them, if there is one. For BODY[n.MIME], and HEADER of a message. */
  readonly header: Range
  /** What BODY[n] gives. It never holds the CRLF that belongs to the boundary behind it (RFC 2046 §5.1.1). */
  readonly body: Range
  readonly parts: readonly PartIndex[]
}

/**
 * An octet string: each char stands for one octet (latin1), as it goes on the wire. Header text of any
 * charset passes through unharmed, and it may hold literals (`{5}\r\n…`).
 */
export type OctetString = string

export interface MessageIndex {
  /** Octets of the whole message: RFC822.SIZE. */
  readonly size: number
  readonly root: PartIndex
  /** The values of the FETCH items ENVELOPE, BODY and BODYSTRUCTURE, ready for the wire (RFC 3501 §7.4.2). */
  readonly envelope: OctetString
  readonly body: OctetString
  readonly bodyStructure: OctetString
  /** The Message-ID with its angle brackets, if there is a readable one. */
  readonly messageId: string | null
  /** Received fields of the message's own header, for finding loops (RFC 5321 §6.3). */
  readonly receivedFields: number
}
