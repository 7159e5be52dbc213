/** The configuration as the program uses it: defaults filled in, units undone, paths absolute, frozen. */
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { checkSettings } from './config-check.js'
import type { Environment } from './config-env.js'
import { ConfigError } from './config-error.js'
import type { deliveries, tlsPolicies } from './config-queue.js'
import type { mechanisms, services, specialUses } from './config-schema.js'
import { readToml } from './config-toml.js'
import type { ImapLimits, SmtpLimits } from './limits.js'
import type { Level } from './log.js'

export { ConfigError } from './config-error.js'

export type Service = (typeof services)[number]
export type Mechanism = (typeof mechanisms)[number]

export type ListenerConfig = TcpListenerConfig | UnixListenerConfig

export interface TcpListenerConfig {
  readonly kind: 'tcp'
  readonly service: Service
  /** An IPv4 or IPv6 address in its canonical form. An IPv6 wildcard is IPv6 alone. */
  readonly address: string
  /** 0: any free port. */
  readonly port: number
  readonly maxConnections: number
  /** Whoever reaches an LMTP listener that is not on loopback may deliver. */
  readonly trusted: boolean
  /** Addresses and networks of the proxies that alone may connect, and must say for whom. Empty: no proxy. */
  readonly proxyFrom: readonly string[]
}

export interface UnixListenerConfig {
  readonly kind: 'unix'
  readonly service: Service
  /** Absolute. */
  readonly path: string
  /** Permissions of the socket. */
  readonly mode: number
  readonly maxConnections: number
}

/** Absolute paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

export interface SiteConfig extends CertificateFiles {
  /** Lower case; `*.example.org` covers one label. */
  readonly names: readonly string[]
}

export interface TlsConfig {
  /** null: a self-signed certificate is made in the data folder. */
  readonly main: CertificateFiles | null
  readonly sites: readonly SiteConfig[]
}

/** What is done with a bare CR or LF inside DATA (decision 8). */
export type BareNewline = 'reject' | 'normalise'
export type EightBitHeader = 'accept' | 'reject'

export interface AuthConfig {
  /** Which are offered; in which order, src/accounts/sasl.ts says. */
  readonly mechanisms: readonly Mechanism[]
  /** Milliseconds. 0: nothing is remembered. */
  readonly cacheTtl: number
  /** Failures in a row, of one account or one address, before it is refused for a while. */
  readonly maxFailures: number
  /** Characters of a password that is set from now on. */
  readonly minPasswordLength: number
}

export type MxTls = Exclude<TlsPolicy, 'implicit'>
export type TlsPolicy = (typeof tlsPolicies)[number]

export interface RouteConfig {
  /** A domain, `*.domain` for all below it, or `*`. No two routes have the same. */
  readonly domain: string
  /** A name, or an IP address in its canonical form. */
  readonly host: string
  readonly port: number
  readonly tls: TlsPolicy
  readonly login: { readonly user: string; readonly passwordFile: string } | null
  /** Messages; null: no limit. */
  readonly perMinute: number | null
  /** At once; null: the usual. */
  readonly connections: number | null
}

export interface QueueConfig {
  /** routes: what no route is for stays in the queue. none: all of it does. */
  readonly deliver: (typeof deliveries)[number]
  /** Milliseconds to wait after failure 1, 2, … of a recipient (decision 19). */
  readonly retrySchedule: readonly number[]
  /** Milliseconds; 0: no warning. */
  readonly delayWarning: number
  /** Milliseconds that finished deliveries are known; 0: not at all. */
  readonly history: number
  /** Messages that have to fail because of an address before nothing more is sent to it; 0: it always is. */
  readonly suppressAfter: number
  /** Of mail that goes by MX. */
  readonly tls: MxTls
  readonly port: number
  /** One of each family at most. */
  readonly sourceAddresses: readonly string[]
  /** Empty: those of the system. */
  readonly dnsServers: readonly { readonly address: string; readonly port: number }[]
  readonly concurrency: number
  readonly destinationConcurrency: number
  readonly messagesPerConnection: number
  /** Milliseconds. */
  readonly connectionTime: number
  readonly routes: readonly RouteConfig[]
}

export interface DefaultMailbox {
  readonly name: string
  /** RFC 6154 §2, or null. */
  readonly specialUse: (typeof specialUses)[number] | null
}

export interface QuotaConfig {
  /** Octets that a user may keep for whom nothing else was set; 0: no limit. */
  readonly default: number
  /** The same of messages. */
  readonly messages: number
  /** What a full mailbox answers: decision 7. */
  readonly reply: 'permanent' | 'temporary'
}

export interface Config {
  readonly hostname: string
  /** Absolute. */
  readonly dataDir: string
  readonly listeners: readonly ListenerConfig[]
  readonly tls: TlsConfig
  readonly smtp: {
    readonly limits: SmtpLimits
    readonly bareNewline: BareNewline
    readonly eightBitHeader: EightBitHeader
  }
  readonly imap: {
    readonly limits: ImapLimits
    /** Addresses of users, not in canonical form. */
    readonly administrators: readonly string[]
  }
  readonly auth: AuthConfig
  readonly quota: QuotaConfig
  readonly queue: QueueConfig
  readonly log: { readonly level: Level }
  /** INBOX is always among the mailboxes. */
  readonly accounts: {
    readonly defaultMailboxes: readonly DefaultMailbox[]
    /** Who gets the mail of a postmaster that is neither user nor alias, or null. */
    readonly postmaster: string | null
    /** IP addresses that stand for our own domain in an address, as RFC 5952 has them. */
    readonly addressLiterals: readonly string[]
  }
  /** Milliseconds (decision 25). */
  readonly store: {
    readonly duplicateWindow: number
    readonly searchIndex: boolean
    readonly readerThreads: number
  }
}

/**
 * Pure. `fileName` is what complaints call the file, `env` holds the overrides (POSTHORN_SMTP__IDLE_TIMEOUT=1m)
 * and relative paths are relative to `baseDir`.
 * @throws ConfigError with every complaint
 */
export function parseConfig(text: string, fileName: string, env: Environment, baseDir: string): Config {
  return checkSettings(readToml(text, fileName), fileName, env, baseDir)
}

const UNREADABLE: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read',
  EISDIR: 'is a folder',
}

/** @throws ConfigError also when the file cannot be read */
export async function loadConfig(file: string, env: Environment): Promise<Config> {
  const octets = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([`${file}: ${UNREADABLE[error.code ?? ''] ?? error.message}`])
  })
  if (!isUtf8(octets)) throw new ConfigError([`${file}: is not UTF-8`])
  return parseConfig(octets.toString('utf8'), file, env, dirname(resolve(file)))
}
