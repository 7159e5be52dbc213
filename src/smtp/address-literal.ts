/** Address literals: RFC 5321 §4.1.3. What stands between the brackets. */

/** Hexadecimal groups of a full IPv6 address. */
const GROUPS = 8
/** RFC 5321 §4.1.3: "::" stands for two groups at least. */
const GROUPS_BESIDE_ZEROS = 6

/** True for `123.255.37.2`, `IPv6:2001:db8::1` and `tag:content`. */
export function isAddressLiteral(inside: string): boolean {
  if (isIPv4(inside)) return true
  const tagged = /^([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):([!-Z^-~]+)$/.exec(inside)
  if (tagged === null) return false
  const [, tag = '', content = ''] = tagged
  return tag.toLowerCase() === 'ipv6' ? isIPv6(content) : true
}

/** Snum 3("." Snum), each 0 to 255. */
function isIPv4(text: string): boolean {
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  return numbers?.slice(1).every((n) => Number(n) <= 255) ?? false
}

/** IPv6-full, IPv6-comp, IPv6v4-full or IPv6v4-comp. */
function isIPv6(text: string): boolean {
  const [before = '', after, ...more] = text.split('::')
  if (more.length > 0) return false
  if (after === undefined) return groupsIn(before, true) === GROUPS
  const total = groupsIn(before, false) + groupsIn(after, true)
  return total <= GROUPS_BESIDE_ZEROS
}

/** How many groups `text` is, an IPv4 address at the end counting as two; Infinity when it is no such thing. */
function groupsIn(text: string, mayEndInIPv4: boolean): number {
  if (text === '') return 0
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const dotted = mayEndInIPv4 && isIPv4(last)
  const hex = dotted ? parts.slice(0, -1) : parts
  if (!hex.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return Number.POSITIVE_INFINITY
  return hex.length + (dotted ? 2 : 0)
}
