/** Channel bindings of a TLS connection, the server's side: RFC 9266 (tls-exporter), RFC 5929 §4 (tls-server-end-point). */
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point'
export type ChannelBindings = { readonly [T in ChannelBindingType]: Buffer | null }

const EXPORTER_OCTETS = 32

/**
 * Asked once the handshake is done. tls-exporter is there for TLS 1.3 alone: with 1.2 it is safe only where the
 * extended master secret was negotiated (RFC 9266 §4.2), which Node does not tell.
 */
export function channelBindingsOf(socket: TLSSocket): ChannelBindings {
  const modern = socket.getProtocol() === 'TLSv1.3'
  const exporter = modern
    ? socket.exportKeyingMaterial(EXPORTER_OCTETS, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    : null
  return { 'tls-exporter': exporter, 'tls-server-end-point': endPointHash(ownCertificate(socket)) }
}

/** DER of the certificate that was served: with SNI the one of the name that the client asked for. */
function ownCertificate(socket: TLSSocket): Buffer | null {
  const certificate = socket.getCertificate()
  return certificate !== null && 'raw' in certificate ? certificate.raw : null
}

/** The hash that a signature algorithm uses, where it is neither MD5 nor SHA-1. By OID, in hex of its DER contents. */
const HASHES: { readonly [oid: string]: string } = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
}
const RSASSA_PSS = '2a864886f70d01010a'
/** The hash algorithms of RSASSA-PSS parameters: RFC 4055 §2.1 */
const PSS_HASHES: { readonly [oid: string]: string } = {
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
}

/**
 * The hash of a certificate by the hash function of its own signature, SHA-256 instead of MD5 and SHA-1 (RFC 5929
 * §4.1). null where the signature has no hash function of its own (Ed25519): then the binding is undefined.
 */
export function endPointHash(der: Buffer | null): Buffer | null {
  const hash = der === null ? null : signatureHash(der)
  return der === null || hash === null ? null : createHash(hash).update(der).digest()
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }: RFC 5280 §4.1 */
function signatureHash(der: Buffer): string | null {
  const [, algorithm] = elements(elements(der)[0]?.content)
  const [oid, parameters] = elements(algorithm?.content)
  const name = oid?.content.toString('hex') ?? ''
  return name === RSASSA_PSS ? pssHash(parameters?.content) : (HASHES[name] ?? null)
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, … }: RFC 4055 §3.1 */
function pssHash(parameters: Buffer | undefined): string | null {
  const explicit = elements(parameters).find(({ tag }) => tag === 0xa0)
  if (explicit === undefined) return 'sha256'
  const [oid] = elements(elements(explicit.content)[0]?.content)
  return PSS_HASHES[oid?.content.toString('hex') ?? ''] ?? null
}

interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** The DER elements that lie side by side in `octets`. Only what OpenSSL has already accepted is read with it. */
function elements(octets: Buffer = Buffer.alloc(0)): Element[] {
  const found: Element[] = []
  for (let at = 0; at + 2 <= octets.length; ) {
    const first = octets.readUInt8(at + 1)
    const more = first < 0x80 ? 0 : first & 0x7f
    if (more > 4 || at + 2 + more > octets.length) return found
    const length = more === 0 ? first & 0x7f : octets.readUIntBE(at + 2, more)
    const start = at + 2 + more
    found.push({ tag: octets.readUInt8(at), content: octets.subarray(start, start + length) })
    at = start + length
  }
  return found
}
