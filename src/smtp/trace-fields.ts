/** The fields that we put in front of a message: RFC 5321 §4.4. */
import { received, returnPath } from '../message/received.js'
import type { Connection } from '../wire/connection.js'
import type { SmtpContext } from './context.js'
import type { Mail } from './state.js'

/**
 * Return-Path, which belongs to the final delivery and so only to a message with a local recipient, and
 * Received. `now` is in milliseconds since the epoch.
 */
export function traceFields(
  mail: Mail,
  { hostname, service }: Pick<SmtpContext, 'hostname' | 'service'>,
  { remote, tls }: Pick<Connection, 'remote' | 'tls'>,
  { id, now }: { readonly id: string; readonly now: number },
): Buffer {
  const final = mail.to.some(({ kind }) => kind === 'local')
  const stamp = received({
    helo: mail.client.name,
    clientName: null,
    clientAddress: remote.address,
    serverName: hostname,
    extended: mail.client.extended,
    lmtp: service === 'lmtp',
    utf8: mail.parameters.utf8 ?? false,
    tls,
    authenticated: mail.user !== null,
    id,
    // As they were given: where an alias leads is nobody else's business (RFC 5321 §7.2).
    recipients: [...new Set(mail.recipients.map(({ address }) => address))],
    at: now,
    zone: -new Date(now).getTimezoneOffset(),
  })
  return Buffer.from((final ? returnPath(mail.from?.address ?? '') : '') + stamp)
}
