/** The client's half of TLS, on a connection that is there already. */
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'

export interface TlsClientOptions {
  /** The name, or address without brackets, of whom we want to talk to. */
  readonly host: string
  /** That the certificate has to be of that name, and from an authority that is trusted (RFC 9325 §6). */
  readonly verify: boolean
  /** Who is trusted; left out: whom Node trusts. */
  readonly secureContext?: SecureContext
}

/** Begins the handshake; 'secureConnect' is its end. TLS 1.2 at least, unless the context says something else. */
export function secureClient(plain: Duplex, { host, verify, secureContext }: TlsClientOptions): TLSSocket {
  return connect({
    socket: plain,
    host,
    // RFC 6066 §3: an address is no server name.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(secureContext === undefined ? { minVersion: 'TLSv1.2' } : { secureContext }),
    rejectUnauthorized: verify,
  })
}
