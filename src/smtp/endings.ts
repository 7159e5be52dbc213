/** What the end of a message is answered: once, or over LMTP once for each recipient (RFC 2033 §4.2). */
import type { Delivery } from '../store/store.js'
import { perRecipient, type Reply } from './reply.js'
import type { Answer, Mail, Policy, State } from './state.js'

/** The same for copies that go to the same place. */
export const placeOf = (delivery: Delivery): string =>
  delivery.kind === 'local' ? `${delivery.mailbox}` : delivery.recipient

type Received = Pick<Extract<Answer, { answer: 'received' }>, 'reply' | 'left'>

/** Over LMTP, who alone leads to a place without room is refused; once where there is no recipient. */
export function ending(s: State, { reply, left }: Received, { service }: Policy): Reply {
  if (service !== 'lmtp' || !('recipients' in s) || s.recipients.length === 0) return reply
  const full = new Set(left?.places)
  return perRecipient(
    reply,
    s.recipients.map(({ address, places }) => {
      const [only] = places
      const refused = left !== undefined && places.length === 1 && only !== undefined && full.has(only)
      return { address, reply: refused ? left.reply : reply }
    }),
  )
}

/** The copies of `mail`, with a note on those that the replies to LMTP speak of: nobody else has to tell their sender. */
export function answeredApart({ to, recipients }: Mail): readonly Delivery[] {
  const alone = new Set(recipients.flatMap(({ places }) => (places.length === 1 ? places : [])))
  return to.map((delivery) =>
    delivery.kind === 'local' && alone.has(placeOf(delivery)) ? { ...delivery, answered: true } : delivery,
  )
}
