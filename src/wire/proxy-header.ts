/**
 * The header by which a proxy says for whom it connects: version 1 is a line, version 2 is binary
 * (haproxy.org/download/2.9/doc/proxy-protocol.txt). Pure; whom to believe is decided elsewhere.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { wireLimits } from '../core/limits.js'
import type { Endpoint } from './connection.js'

export type ProxyHeader =
  /** No fault in it, but not all of it is here. */
  | { readonly kind: 'partial' }
  /** `client` is null where the proxy speaks for itself or for one without an IP address. What follows `length` octets is the client's. */
  | { readonly kind: 'whole'; readonly client: Endpoint | null; readonly length: number }
  | { readonly kind: 'bad'; readonly why: string }

const SIGNATURE_1 = Buffer.from('PROXY ')
const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** §2.1: the longest line of version 1, CRLF included. */
const LONGEST_LINE = 107

/** What `octets`, all that have arrived so far, begin with. */
export function parseProxyHeader(octets: Buffer): ProxyHeader {
  if (beginsWith(octets, SIGNATURE_1)) return octets.length < SIGNATURE_1.length ? PARTIAL : parseLine(octets)
  if (beginsWith(octets, SIGNATURE_2)) return octets.length < BINARY_FIXED ? PARTIAL : parseBinary(octets)
  return bad('no PROXY header')
}

const PARTIAL = { kind: 'partial' } as const
const bad = (why: string): ProxyHeader => ({ kind: 'bad', why })

/** Also true while there are too few octets to tell. */
const beginsWith = (octets: Buffer, signature: Buffer): boolean =>
  octets.subarray(0, signature.length).equals(signature.subarray(0, octets.length))

/** §2.1: "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP source-port SP destination-port CRLF, or "PROXY UNKNOWN" and anything. */
function parseLine(octets: Buffer): ProxyHeader {
  const end = octets.subarray(0, LONGEST_LINE).indexOf('\r\n')
  if (end === -1) return octets.length < LONGEST_LINE ? PARTIAL : bad('line too long')
  const [, protocol, ...fields] = octets.toString('latin1', 0, end).split(' ')
  if (protocol === 'UNKNOWN') return { kind: 'whole', client: null, length: end + 2 }
  if (protocol !== 'TCP4' && protocol !== 'TCP6') return bad('unknown protocol')
  const client = clientOf(protocol, fields)
  return client === null ? bad('wrong address or port') : { kind: 'whole', client, length: end + 2 }
}

/** Both ends are checked, though only the client's is used: a line that is half wrong is not to be believed. */
function clientOf(protocol: 'TCP4' | 'TCP6', fields: readonly string[]): Endpoint | null {
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = fields
  const isAddress = protocol === 'TCP4' ? isIPv4 : isIPv6
  if (fields.length !== 4 || !isAddress(source) || !isAddress(destination) || source.includes('%')) return null
  if (!isPort(sourcePort) || !isPort(destinationPort)) return null
  return { address: protocol === 'TCP4' ? source : canonicalIPv6(source), port: Number(sourcePort) }
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

const canonicalIPv6 = (address: string): string => new SocketAddress({ address, family: 'ipv6' }).address

/** Signature, version and command, family and protocol, length. */
const BINARY_FIXED = 16

/** §2.2, family and protocol → octets of the addresses. Datagrams have no business on a connection. */
const ADDRESS_OCTETS: { readonly [family: number]: number } = { 0: 0, 17: 12, 33: 36, 49: 216 }

/** §2.2 */
function parseBinary(octets: Buffer): ProxyHeader {
  const [versionAndCommand = 0, family = 0] = octets.subarray(SIGNATURE_2.length)
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return bad('unknown version or command')
  const size = octets.readUInt16BE(BINARY_FIXED - 2)
  if (size > wireLimits.proxyHeaderOctets) return bad('header too long')
  const local = versionAndCommand === 0x20
  // The addresses of LOCAL are to be thrown away, whatever they are.
  const needed = local ? 0 : ADDRESS_OCTETS[family]
  if (needed === undefined) return bad('unknown protocol')
  if (size < needed) return bad('no room for its addresses')
  const length = BINARY_FIXED + size
  if (octets.length < length) return PARTIAL
  return { kind: 'whole', client: local ? null : binaryClient(family, octets.subarray(BINARY_FIXED)), length }
}

function binaryClient(family: number, addresses: Buffer): Endpoint | null {
  if (family === 0x11) return { address: addresses.subarray(0, 4).join('.'), port: addresses.readUInt16BE(8) }
  if (family === 0x21) return { address: binaryIPv6(addresses.subarray(0, 16)), port: addresses.readUInt16BE(32) }
  return null
}

const binaryIPv6 = (octets: Buffer): string => canonicalIPv6(octets.toString('hex').replace(/.{4}(?=.)/g, '$&:'))
