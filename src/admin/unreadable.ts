/** The answer to what is no HTTP request, before there is anything to route. As RFC 9457 has it, like all others. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** What Node's parser refuses, by its code; all else is 400. */
const REFUSED: { readonly [code: string]: readonly [number, string] } = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive whole in time'],
  HPE_HEADER_OVERFLOW: [431, 'The request line and the header fields are too long'],
}
const NO_REQUEST = [400, 'This is not an HTTP request'] as const

export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, detail] = REFUSED[error.code ?? ''] ?? NO_REQUEST
  const body = JSON.stringify({ status, type: 'about:blank', title: STATUS_CODES[status], detail })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
