/**
 * One message of somebody who has logged in (RFC 6409): what is put right in its header while it passes, and
 * whether it may be sent. Missing Date and Message-ID are added (§8.2, §8.3). Bcc is left out, for it is not for
 * the recipients to see (RFC 5322 §3.6.3), and Resent-Bcc, which is the same of whoever sent it on (§3.6.6).
 * Nothing else is touched.
 */
import type { SendingRights } from '../accounts/contracts.js'
import { sendingLimits } from '../core/limits.js'
import type { Address } from '../message/addresses.js'
import { formatDate } from '../message/date.js'
import { HeaderEditor } from '../message/header-edit.js'
import { type Reply, replies } from './reply.js'
import { authorFields, claimsOf, mayClaim } from './submission-authors.js'

const REMOVED = new Set(['bcc', 'resent-bcc'])
const NOTED = new Set<string>(authorFields)

export interface SubmissionOptions {
  readonly rights: SendingRights
  /** The address that the client logged in as. */
  readonly user: string
  readonly hostname: string
  /** The queue id: the left side of a Message-ID that is made. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Call `push` for each piece, in order, then `end`, then `verdict`. */
export class Submission {
  readonly #options: SubmissionOptions
  readonly #editor: HeaderEditor

  constructor(options: SubmissionOptions) {
    const { id, hostname, now } = options
    const zone = -new Date(now).getTimezoneOffset()
    this.#options = options
    this.#editor = new HeaderEditor({
      remove: REMOVED,
      add: new Map([
        ['date', `Date: ${formatDate(now, zone)}\r\n`],
        ['message-id', `Message-ID: <${id}@${hostname}>\r\n`],
      ]),
      note: NOTED,
      noteLimit: sendingLimits.authorOctets,
    })
  }

  push(octets: Buffer): Buffer {
    return this.#editor.push(octets)
  }

  end(): Buffer {
    return this.#editor.end()
  }

  /** What speaks against the message, or null. Faults of the store reject. */
  async verdict(): Promise<Reply | null> {
    const { rights, user } = this.#options
    const mayClaimAll = (await rights.switches(user))?.sendAs === 'any'
    return mayClaimAll || (await this.#ownsClaims()) ? null : replies.foreignAuthor
  }

  async #ownsClaims(): Promise<boolean> {
    const { noted } = this.#editor
    const claims = noted === null ? null : claimsOf(noted)
    return claims !== null && mayClaim(claims, await this.#owned([...(claims.from ?? []), ...claims.sender]))
  }

  async #owned(addresses: readonly Address[]): Promise<ReadonlySet<Address>> {
    const owned = new Set<Address>()
    for (const address of addresses) if (await this.#owns(address)) owned.add(address)
    return owned
  }

  #owns({ mailbox, host }: Address): Promise<boolean> {
    const { rights, user } = this.#options
    return rights.owns(user, textOf(mailbox), textOf(host))
  }
}

/** Header fields are octets, and of an internationalised message UTF-8 (RFC 6532 §3.2). */
const textOf = (octets: string | null): string => Buffer.from(octets ?? '', 'latin1').toString()
