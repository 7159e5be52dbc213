/** The kinds of value that a configuration has: how each is written, read, bounded and complained about. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { canonicalDomain } from './domain-name.js'
import { canonicalIp } from './ip-address.js'
import { parseNetwork } from './ip-network.js'
import { parseMailAddress } from './mail-address.js'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.js'

const DAY = 86_400_000

interface Bounds {
  readonly min?: number
  readonly max?: number
}

/** A value written as text: `read` says what it means, null when it is none; `write` is its inverse. */
function written<T>(what: string, read: (input: unknown) => T | null, write: (value: T) => string) {
  return z.codec(z.unknown(), z.custom<T>(), {
    decode: (input, { issues }) => {
      const value = read(input)
      if (value !== null) return value
      const message = input === undefined ? 'is missing' : `must be ${what}, is ${described(input)}`
      issues.push({ code: 'custom', input, message })
      return z.NEVER
    },
    encode: write,
  })
}

const text =
  <T>(read: (text: string) => T | null) =>
  (input: unknown): T | null =>
    typeof input === 'string' ? read(input) : null

const within = (value: number | null, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds): number | null =>
  value !== null && value >= min && value <= max ? value : null

/** How a message shows what was written; long values are cut. */
export function described(input: unknown): string {
  if (Array.isArray(input)) return 'a list'
  if (input instanceof Date) return 'a date'
  if (typeof input === 'object') return 'a table'
  const shown = typeof input === 'string' ? JSON.stringify(input) : String(input)
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown
}

/** Milliseconds, written "30s". At least 1 ms and at most 365 days unless told. */
export const duration = ({ min = 1, max = 365 * DAY }: Bounds = {}) =>
  written(
    `a duration such as "30s" or "5m", from ${formatDuration(min)} to ${formatDuration(max)}`,
    text((t) => within(parseDuration(t), { min, max })),
    formatDuration,
  )

/** Octets, written "1MiB", "50MB", "1024" or 1024. */
export const size = ({ min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}) =>
  written(
    `a size such as "50MiB"${max < Number.MAX_SAFE_INTEGER ? `, from ${formatSize(min)} to ${formatSize(max)}` : ''}`,
    (input) =>
      within(parseSize(typeof input === 'number' ? String(input) : typeof input === 'string' ? input : ''), {
        min,
        max,
      }),
    formatSize,
  )

/** A domain name, U-labels allowed. */
export const domainName = () => written('a domain name', text(canonicalDomain), (name) => name)

/** user@domain, U-labels allowed. */
export const mailAddress = () => written('an address such as "root@example.org"', text(parseMailAddress), (a) => a)

/** A domain name, `*.` and one, or, where `all` is true, `*` alone. */
export const domainPattern = ({ all }: { readonly all: boolean }) =>
  written(
    `a domain name or "*.example.org"${all ? ' or "*"' : ''}`,
    text((t) =>
      all && t === '*' ? t : t.startsWith('*.') ? prefixed('*.', canonicalDomain(t.slice(2))) : canonicalDomain(t),
    ),
    (pattern) => pattern,
  )

const prefixed = (prefix: string, name: string | null): string | null => (name === null ? null : prefix + name)

/** An IP address in the form that compares: RFC 5952 for IPv6. */
export const ipAddress = () => written('an IP address', text(canonicalIp), (address) => address)

/** `10.0.0.0/8`, or one address. */
export const ipNetwork = () =>
  written(
    'an IP address or a network such as "10.0.0.0/8"',
    text((t) => (parseNetwork(t) === null ? null : t)),
    (network) => network,
  )

/** Permissions as chmod has them: three octal digits with a 0 in front. Its owner may always read and write. */
export const fileMode = () =>
  written(
    'permissions such as "0660"',
    text((t) => (/^0[67][0-7]{2}$/.test(t) ? Number.parseInt(t, 8) : null)),
    (mode) => `0${mode.toString(8)}`,
  )

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** An IP address, and a port behind it where it is not `port`: `address:port` or `[IPv6]:port`. */
export const ipPort = ({ port }: { readonly port: number }) =>
  written(
    `an IP address such as "192.0.2.1" or "[2001:db8::1]:${port}"`,
    text((t) => {
      const bare = canonicalIp(t)
      const found = bare === null ? parseHostPort(t, port) : { host: bare, port }
      return found === null || isIP(found.host) === 0 ? null : found
    }),
    formatHostPort,
  )

/** `host`, `host:port`, `address:port` or `[IPv6]:port`; port 25 when there is none. */
export const hostPort = () =>
  written(
    'a host and port such as "127.0.0.1:2526"',
    text((t) => parseHostPort(t, 25)),
    formatHostPort,
  )

const formatHostPort = ({ host, port }: HostPort): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function parseHostPort(input: string, usual: number): HostPort | null {
  const [, bracketed, plain, digits = usual] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(input) ?? []
  const host = bracketed === undefined ? hostOf(plain ?? '') : isIP(bracketed) === 6 ? canonicalIp(bracketed) : null
  const port = within(Number(digits), { min: 1, max: 65_535 })
  return host === null || port === null ? null : { host, port }
}

const hostOf = (name: string): string | null => (isIP(name) === 4 ? name : canonicalDomain(name))

/** Not empty and without NUL. Made absolute later, where the folder of the file is known. */
export const path = () =>
  written(
    'the path of a file or folder',
    text((t) => (t === '' || t.includes('\0') ? null : t)),
    (p) => p,
  )

export const count = ({ min = 0, max = 1_000_000 }: Bounds = {}) => z.int().min(min).max(max)
