/** Replies of a server as a machine of the client hears them. */
import type { ClientEvent } from '../src/queue/client-steps.js'
import { ReplyReader } from '../src/wire/reply-reader.js'

/** `250-a|250 b` is a reply of two lines. */
export function replyEvent(text: string): ClientEvent {
  const reader = new ReplyReader()
  reader.push(Buffer.from(`${text.replaceAll('|', '\r\n')}\r\n`))
  const reply = reader.next()
  if (reply === null) throw new Error(`no reply: ${text}`)
  return { kind: 'reply', reply }
}
