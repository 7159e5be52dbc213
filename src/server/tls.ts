/** The TLS contexts in use: the default one, others by the name the client asks for (SNI), and their reload. */
import type { SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.js'
import type { Config, TlsConfig } from '../core/config.js'
import { serverLimits } from '../core/limits.js'
import type { Log } from '../core/log.js'
import type { TlsOptions } from '../wire/connection.js'
import { type Pair, readPair } from './certificate-files.js'
import { type Finding, findingsOf, findingText } from './certificate-findings.js'
import { CertificateWatch, isoTime } from './certificate-watch.js'
import { certificateChainFault, certificateCreated, certificateNameFault, certificatesLoaded } from './events.js'
import { type SelfSigned, selfSignedFiles } from './self-signed.js'

/** Where certificates come from, and what is needed to make one. */
export interface CertificateSource {
  readonly tls: TlsConfig
  readonly dataDir: string
  readonly hostname: string
}

interface Site {
  readonly names: readonly string[]
  readonly pair: Pair
}

/** What the files hold. */
interface Loaded {
  readonly main: Pair
  readonly made: SelfSigned['made']
  readonly sites: readonly Site[]
  readonly findings: readonly Finding[]
}

interface Contexts {
  readonly main: SecureContext
  readonly byName: ReadonlyMap<string, SecureContext>
}

/** Handshakes after a reload take the new contexts; connections that stand keep theirs. */
export class Certificates {
  readonly #clock: Clock
  #loaded: Loaded
  #contexts: Contexts
  #watch: CertificateWatch | null = null
  #cancelRenewal: () => void = () => {}

  private constructor(loaded: Loaded, clock: Clock) {
    this.#loaded = loaded
    this.#contexts = contextsOf(loaded)
    this.#clock = clock
  }

  /** @throws StartupError naming the file, for one that is missing, unreadable or does not fit */
  static async load(source: CertificateSource, clock: Clock): Promise<Certificates> {
    return new Certificates(await loadAll(source, clock), clock)
  }

  /** Logs what is in use and what is wrong with it, and warns from now on of what is about to expire. */
  announce(log: Log): void {
    this.#watch = new CertificateWatch(this.#clock, log)
    this.#tell(log)
    this.#renewLater()
  }

  /** Reads all files again. @throws StartupError; then the certificates before stay in use */
  async reload(source: CertificateSource, log: Log): Promise<void> {
    this.#loaded = await loadAll(source, this.#clock)
    this.#contexts = contextsOf(this.#loaded)
    this.#tell(log)
  }

  /** For one handshake. */
  options(): TlsOptions {
    const { main, byName } = this.#contexts
    if (byName.size === 0) return { secureContext: main }
    return { secureContext: main, SNICallback: (name, done) => done(null, lookUp(byName, name.toLowerCase()) ?? main) }
  }

  /** No more warnings. */
  stop(): void {
    this.#cancelRenewal()
    this.#watch?.stop()
    this.#watch = null
  }

  #tell(log: Log): void {
    const { main, made, sites, findings } = this.#loaded
    const { certificate } = main
    if (made !== null) certificateCreated(log, { certificate, names: made.names, valid_days: made.validDays })
    certificatesLoaded(log, { certificate, sites: sites.length, valid_until: isoTime(main.validTo) })
    for (const finding of findings) {
      if (finding.kind === 'name') certificateNameFault(log, { certificate: finding.certificate, name: finding.name })
      else certificateChainFault(log, { certificate: finding.certificate, problem: finding.problem })
    }
    this.#watch?.watch([main, ...sites.map(({ pair }) => pair)])
  }

  /** The key that seals session tickets opens all sessions that were resumed with it, so it does not live long (RFC 9325 §3.4). */
  #renewLater(): void {
    this.#cancelRenewal = this.#clock.after(serverLimits.ticketKeyLife, () => {
      this.#contexts = contextsOf(this.#loaded)
      this.#renewLater()
    })
  }
}

/** Reads the files that the configuration names, as a start would. @returns what clients will complain about. @throws StartupError */
export async function checkCertificates({
  tls,
  hostname,
}: Pick<Config, 'tls' | 'hostname'>): Promise<readonly string[]> {
  const main = tls.main === null ? null : await readPair(tls.main)
  const sites = await readSites(tls)
  return (main === null ? siteFindings(sites) : allFindings(main, sites, hostname)).map(findingText)
}

async function loadAll({ tls, dataDir, hostname }: CertificateSource, clock: Clock): Promise<Loaded> {
  const own = tls.main === null ? await selfSignedFiles(dataDir, hostname, clock) : { ...tls.main, made: null }
  const main = await readPair(own)
  const sites = await readSites(tls)
  return { main, made: own.made, sites, findings: allFindings(main, sites, hostname) }
}

async function readSites({ sites }: TlsConfig): Promise<readonly Site[]> {
  const read: Site[] = []
  for (const site of sites) read.push({ names: site.names, pair: await readPair(site) })
  return read
}

const siteFindings = (sites: readonly Site[]): readonly Finding[] =>
  sites.flatMap(({ pair, names }) => findingsOf(pair, names))

/** The default certificate is for the host's own name, unless a site has that. */
function allFindings(main: Pair, sites: readonly Site[], hostname: string): readonly Finding[] {
  const byName = new Map(sites.flatMap(({ names, pair }) => names.map((name) => [name, pair] as const)))
  return [...findingsOf(main, lookUp(byName, hostname) === undefined ? [hostname] : []), ...siteFindings(sites)]
}

function contextsOf({ main, sites }: Loaded): Contexts {
  const byName = new Map<string, SecureContext>()
  for (const { names, pair } of sites) {
    const context = pair.newContext()
    for (const name of names) byName.set(name, context)
  }
  return { main: main.newContext(), byName }
}

/** The exact name, else the wildcard that covers its first label (RFC 9525 §6.3). */
const lookUp = <T>(byName: ReadonlyMap<string, T>, name: string): T | undefined =>
  byName.get(name) ?? byName.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`)
