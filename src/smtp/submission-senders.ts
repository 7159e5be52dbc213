/**
 * Who may begin a message, and how much they may send: the user's rights (RFC 6409 §6.1), and the limits of the
 * user and of the client address within an hour. The null reverse-path may be used by every user: clients send
 * delivery and disposition notifications with it (RFC 3464 §2, RFC 8098 §3), and their From is looked at all the
 * same. LMTP is another server's, which has counted for itself.
 */
import type { Sending } from '../accounts/sending.js'
import { clientOf } from '../accounts/throttle.js'
import type { SmtpContext } from './context.js'
import * as events from './events.js'
import type { Mailbox } from './parse.js'
import { type Reply, replies } from './reply.js'

/** What MAIL is answered: the room is the number of recipients that the message may have. */
export type Admission =
  | { readonly kind: 'admitted'; readonly room: number }
  | { readonly kind: 'refused'; readonly reply: Reply }

export interface Sender {
  /** The address that the client logged in as, or null. */
  readonly user: string | null
  readonly from: Mailbox | null
}

export class Senders {
  readonly #cx: Pick<SmtpContext, 'service' | 'rights' | 'meter' | 'limits' | 'log'>
  readonly #address: string

  /** `address` is the client's. */
  constructor(cx: Pick<SmtpContext, 'service' | 'rights' | 'meter' | 'limits' | 'log'>, address: string) {
    this.#cx = cx
    this.#address = address
  }

  /** MAIL. Faults of the store reject. */
  async admit(sender: Sender): Promise<Admission> {
    if (!(await this.#ownsPath(sender))) return this.#foreign(sender)
    const { messages, recipients } = this.#cx.meter.room(await this.#counted(sender))
    return messages < 1 || recipients < 1 ? this.#limited(sender) : { kind: 'admitted', room: recipients }
  }

  /** Counts a message that is to be stored. The function takes it back; the reply is that there is no room (any more). */
  async take(sender: Sender, recipients: number): Promise<(() => void) | Reply> {
    const giveBack = this.#cx.meter.take(await this.#counted(sender), recipients)
    return giveBack ?? this.#limited(sender).reply
  }

  async #ownsPath({ user, from }: Sender): Promise<boolean> {
    if (user === null || from === null) return true
    return this.#cx.rights.owns(user, from.localPart, from.domain)
  }

  async #counted({ user }: Sender): Promise<readonly Sending[]> {
    if (this.#cx.service === 'lmtp') return []
    const client = clientOf(this.#address)
    const { limits } = this.#cx
    const allowance = { messages: limits.messagesPerHourPerAddress, recipients: limits.recipientsPerHourPerAddress }
    const address = client === null ? [] : [{ who: `client:${client}`, allowance }]
    return user === null ? address : [await this.#userCounted(user), ...address]
  }

  async #userCounted(user: string): Promise<Sending> {
    const { limits, rights } = this.#cx
    const switches = await rights.switches(user)
    const messages = switches?.messagesPerHour ?? limits.messagesPerHour
    const recipients = switches?.recipientsPerHour ?? limits.recipientsPerHour
    return { who: `user:${user}`, allowance: { messages, recipients } }
  }

  #foreign(sender: Sender): Admission {
    const reply = replies.foreignSender
    events.senderRefused(this.#cx.log, { ...this.#shown(sender), reply: reply.wire.trimEnd() })
    return { kind: 'refused', reply }
  }

  #limited(sender: Sender): Extract<Admission, { kind: 'refused' }> {
    events.sendingLimitReached(this.#cx.log, this.#shown(sender))
    return { kind: 'refused', reply: replies.sendingLimit }
  }

  #shown({ user, from }: Sender): { client_ip: string; username: string; from: string } {
    return { client_ip: this.#address, username: user ?? '', from: from?.address ?? '' }
  }
}
