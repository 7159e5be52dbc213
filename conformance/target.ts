/** A server on a network as the tester is told of it: where it is, how it is reached in TLS, who has an account there. */
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { isImap, type Service, type Start } from './header.js'
import type { Transcript } from './transcript.js'
import type { Credentials } from './world.js'

/** How a connection comes to TLS before a login: from its first octet on, by STARTTLS, or not at all. */
export type Security = 'tls' | 'starttls' | 'none'

export interface Target {
  readonly host: string
  readonly ports: Partial<Record<Service, number>>
  /** Who has an account there, in the order in which they stand for a transcript's users. All their mail is deleted! */
  readonly users: readonly Credentials[]
  /** Addresses of others that take mail. */
  readonly recipients?: readonly string[]
  readonly domain: string
  /** What the server calls itself. */
  readonly hostname: string
  /** Of the services that do not begin in TLS; without it, nobody logs in there but as a transcript has it. */
  readonly security?: Security
  /** Which certificates are taken; any, unless said otherwise. */
  readonly certificates?: Certificates
  /** A response that has not come after so many milliseconds does not come. */
  readonly patience?: number
  /** Nothing for so many milliseconds is silence. */
  readonly silence?: number
}

export interface Certificates {
  /** The chain must lead to a trusted authority, the name be that of the host, the day within its dates. */
  readonly verify: boolean
  /** PEM; trusted instead of the authorities of Node. */
  readonly authorities: string | null
}

/** What TLS is begun with at `target`. */
export function handshakeOf({ host, certificates }: Target): ConnectionOptions {
  const { verify = false, authorities = null } = certificates ?? {}
  return {
    host,
    // No address is a server name (RFC 6066 §3); the certificate is held against `host` all the same.
    servername: isIP(host) === 0 ? host : '',
    rejectUnauthorized: verify,
    ...(authorities !== null && { ca: authorities }),
  }
}

/** The services that stand for each other: from the first octet in TLS, and by STARTTLS. */
const BY_STARTTLS: Partial<Record<Service, Service>> = { imaps: 'imap', submissions: 'submission' }

/**
 * The same transcript with each service that `target` has no port for played on the one beside it: what begins in TLS
 * by STARTTLS (or in clear, where there is no TLS), what is behind a login in TLS from the start.
 */
export const transcriptFor = ({ ports, security }: Target, transcript: Transcript): Transcript => ({
  ...transcript,
  header: {
    ...transcript.header,
    connections: transcript.header.connections.map((start) => startFor(ports, security ?? 'starttls', start)),
  },
})

function startFor(ports: Target['ports'], security: Security, start: Start): Start {
  const { service, state } = start
  if (ports[service] !== undefined || state === 'greeting') return start
  const inClear = BY_STARTTLS[service]
  if (inClear !== undefined && ports[inClear] !== undefined)
    return { ...start, service: inClear, state: security === 'none' ? state : behindStartTls(service, state) }
  const secure = (Object.keys(BY_STARTTLS) as Service[]).find((one) => BY_STARTTLS[one] === service)
  if (secure === undefined || ports[secure] === undefined) return start
  // In clear before a login, it is about what is said in clear.
  const loggedIn = state === 'auth' || state === 'selected'
  return loggedIn ? { ...start, service: secure } : start
}

/** Where a connection must be so that it looks like one in TLS: IMAP and SMTP begin anew behind STARTTLS. */
const behindStartTls = (service: Service, state: Start['state']): Start['state'] => {
  if (isImap(service)) return state === 'connected' ? 'secured' : state
  return state === 'greeted' ? 'secured' : state
}
