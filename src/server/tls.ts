/** Certificates as TLS contexts: the default one, others by the name the client asks for (SNI), and their reload. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.js'
import type { CertificateFiles, TlsConfig } from '../core/config.js'
import type { Log } from '../core/log.js'
import type { TlsOptions } from '../wire/connection.js'
import { reasonOf, StartupError } from './errors.js'
import { certificateCreated, certificateExpiring, certificatesLoaded } from './events.js'
import { type SelfSigned, selfSignedFiles } from './self-signed.js'

/** TLS 1.3 first, then the suites of requirement T-004: forward secrecy and AEAD only (RFC 9325 §4.2). */
export const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
] as const

const WARN_BEFORE = 14 * 24 * 60 * 60 * 1000

/** Where certificates come from, and what is needed to make one. */
export interface CertificateSource {
  readonly tls: TlsConfig
  readonly dataDir: string
  readonly hostname: string
}

interface Loaded {
  readonly main: SecureContext
  readonly sites: ReadonlyMap<string, SecureContext>
  /** Says what was loaded. */
  readonly report: (log: Log) => void
}

/** The contexts in use. Handshakes after a reload take the new ones; connections that stand keep theirs. */
export class Certificates {
  readonly #clock: Clock
  #loaded: Loaded

  private constructor(loaded: Loaded, clock: Clock) {
    this.#loaded = loaded
    this.#clock = clock
  }

  /** @throws StartupError naming the file, for one that is missing, unreadable or does not fit */
  static async load(source: CertificateSource, clock: Clock): Promise<Certificates> {
    return new Certificates(await loadAll(source, clock), clock)
  }

  /** Reads all files again. @throws StartupError; then the certificates before stay in use */
  async reload(source: CertificateSource): Promise<void> {
    this.#loaded = await loadAll(source, this.#clock)
  }

  /** Logs what is in use, and what of it is about to expire. */
  report(log: Log): void {
    this.#loaded.report(log)
  }

  /** For one handshake. */
  options(): TlsOptions {
    const { main, sites } = this.#loaded
    if (sites.size === 0) return { secureContext: main }
    return {
      secureContext: main,
      SNICallback: (name, done) => done(null, siteFor(sites, name.toLowerCase()) ?? main),
    }
  }
}

/** Reads the files that the configuration names, as a start would. @throws StartupError */
export async function checkCertificates({ tls }: Pick<CertificateSource, 'tls'>): Promise<void> {
  for (const files of [...(tls.main === null ? [] : [tls.main]), ...tls.sites]) await readPair(files)
}

/** The exact name, else the wildcard that covers its first label (RFC 6125 §6.4.3). */
function siteFor(sites: ReadonlyMap<string, SecureContext>, name: string): SecureContext | undefined {
  return sites.get(name) ?? sites.get(`*${name.slice(name.indexOf('.'))}`)
}

async function loadAll({ tls, dataDir, hostname }: CertificateSource, clock: Clock): Promise<Loaded> {
  const own = tls.main === null ? await selfSignedFiles(dataDir, hostname, clock) : { ...tls.main, made: null }
  const main = await readPair(own)
  const pairs = [main]
  const sites = new Map<string, SecureContext>()
  for (const site of tls.sites) {
    const pair = await readPair(site)
    pairs.push(pair)
    for (const name of site.names) sites.set(name, pair.context)
  }
  return { main: main.context, sites, report: (log) => report(pairs, own.made, clock, log) }
}

function report(pairs: readonly Pair[], made: SelfSigned['made'], clock: Clock, log: Log): void {
  const [main] = pairs
  if (main === undefined) return
  const { certificate } = main
  if (made !== null) certificateCreated(log, { certificate, names: made.names, valid_days: made.validDays })
  certificatesLoaded(log, { certificate, sites: pairs.length - 1, valid_until: isoTime(main.validTo) })
  for (const { certificate, validTo } of pairs) {
    const left = validTo - clock.now()
    if (left < WARN_BEFORE) certificateExpiring(log, { certificate, valid_until: isoTime(validTo), expired: left < 0 })
  }
}

const isoTime = (ms: number): string => new Date(ms).toISOString()

interface Pair {
  /** Path. */
  readonly certificate: string
  readonly context: SecureContext
  readonly validTo: number
}

async function readPair({ certificate, key }: CertificateFiles): Promise<Pair> {
  const chain = await readPem(certificate, 'certificate')
  const secret = await readPem(key, 'key')
  const leaf = asCertificate(certificate, chain)
  if (!leaf.checkPrivateKey(asKey(key, secret)))
    throw new StartupError(`the TLS key ${key} does not belong to the certificate ${certificate}`)
  return { certificate, context: contextOf(certificate, chain, secret), validTo: Date.parse(leaf.validTo) }
}

async function readPem(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new StartupError(`cannot read the TLS ${what} ${path}: ${reasonOf(error)}`, error)
  }
}

function asCertificate(path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new StartupError(`${path} is not a certificate in PEM form`, error)
  }
}

function asKey(path: string, pem: Buffer) {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    const why = pem.includes('ENCRYPTED') ? 'is protected by a passphrase' : 'is not a private key in PEM form'
    throw new StartupError(`the TLS key ${path} ${why}`, error)
  }
}

function contextOf(path: string, cert: Buffer, key: Buffer): SecureContext {
  try {
    return createSecureContext({ cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS.join(':'), honorCipherOrder: true })
  } catch (error) {
    throw new StartupError(`the TLS certificate ${path} cannot be used: ${reasonOf(error)}`, error)
  }
}
