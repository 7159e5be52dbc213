/** IP networks: which addresses are in one. */
import { BlockList, isIP } from 'node:net'

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Null for anything else. */
export function parseNetwork(text: string): { readonly address: string; readonly prefix: number } | null {
  const [, address = '', digits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return null
  const longest = version === 4 ? 32 : 128
  const prefix = digits === undefined ? longest : Number(digits)
  return prefix <= longest ? { address, prefix } : null
}

/** A test whether an address is in one of the networks, each as `parseNetwork` takes it; others count for nothing. */
export function withinNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of networks) {
    const network = parseNetwork(text)
    if (network !== null) list.addSubnet(network.address, network.prefix, familyOf(network.address))
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3 */
export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')
