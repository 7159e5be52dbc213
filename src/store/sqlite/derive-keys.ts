/** Sort keys of a message that is stored, made from its header. */
import type { MessageKeys } from '../../message/message-keys.js'
import { MessageIndexer } from '../../message/structure.js'
import { readStored } from './read-octets.js'
import type { Statements } from './statements.js'

/** null when the message is gone, or has no index: `store repair` makes one. @throws what the disk says */
export function deriveKeys(dir: string, sql: Statements, blob: number): MessageKeys | null {
  const message = readStored(dir, sql, blob)
  if (message === null) return null
  const indexer = new MessageIndexer()
  for (const piece of message.octets(message.root.header)) indexer.push(piece)
  indexer.end()
  return indexer.keys
}
