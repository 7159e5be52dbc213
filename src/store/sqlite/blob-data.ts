/** Turns a sealed message into what the writer gets. */
import type { BlobData } from '../ops.js'
import type { SealedBlob } from '../spool.js'
import { encodeParts } from './index-codec.js'

/** @throws Error when the store was given this blob before: its memory is gone then */
export const blobData = ({ sha256, size, index, keys, content }: SealedBlob): BlobData => ({
  sha256,
  size,
  content: content.kind === 'memory' ? { kind: 'memory', bytes: ownMemory(content.bytes, size) } : content,
  envelope: index.envelope,
  body: index.body,
  bodyStructure: index.bodyStructure,
  messageId: index.messageId,
  receivedFields: index.receivedFields,
  parts: encodeParts(index.root),
  keys,
})

/** Ends the store's ownership of a blob, stored or refused. A file that cannot be removed now is removed at the next start. */
export const release = (blob: SealedBlob): Promise<void> => blob.discard().catch(() => {})

/** Octets in an ArrayBuffer of their own, which can be handed over: a Buffer may share Node's pool with others. */
function ownMemory(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.byteLength !== size) throw new Error('this blob was given to the store before')
  const whole = size > 0 && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer
  return whole ? bytes : Uint8Array.from(bytes)
}
