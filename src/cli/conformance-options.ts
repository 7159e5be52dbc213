/** From the options of posthorn conformance to the server that is meant, and how its transcripts are chosen. */
import { readFile } from 'node:fs/promises'
import type { Family } from '../../conformance/files.js'
import type { Service } from '../../conformance/header.js'
import type { ReportKind } from '../../conformance/report/kinds.js'
import { namePattern, readCited, type Selection } from '../../conformance/selection.js'
import type { Security, Target } from '../../conformance/target.js'
import { CommandError, UsageError } from './errors.js'
import { readPasswords } from './login-passwords.js'

export interface ConformanceOptions {
  readonly host?: string
  readonly port: readonly PortOption[]
  readonly submission?: number | true
  readonly recipient: readonly string[]
  readonly user?: string
  readonly user2?: string
  readonly user3?: string
  readonly user4?: string
  readonly user5?: string
  readonly passwordStdin?: true
  readonly passwordFile?: string
  readonly emptyMailboxes?: true
  readonly tls?: boolean
  readonly starttls?: true
  readonly ca?: string
  readonly insecure?: true
  readonly domain?: string
  readonly hostname?: string
  readonly only: readonly string[]
  readonly rfc: readonly string[]
  readonly cuts?: true
  readonly exact?: true
  readonly seed: number
  readonly timeLimit?: number
  readonly report: ReportKind
  readonly output?: string
  readonly compare?: readonly string[]
  readonly from?: string
  readonly list?: true
  readonly coverage?: true
}

export interface PortOption {
  /** null: that of the family. */
  readonly service: Service | null
  readonly port: number
}

/** @throws UsageError */
export function selectionOf({ only, rfc }: ConformanceOptions): Selection {
  return { only: only.map(patternOf), rfc: rfc.map(citedOf) }
}

function patternOf(glob: string): RegExp {
  try {
    return namePattern(glob)
  } catch (error) {
    throw new UsageError(`--only ${glob}: ${error instanceof Error ? error.message : error}`)
  }
}

function citedOf(text: string): Selection['rfc'][number] {
  const cited = readCited(text)
  if (cited === null)
    throw new UsageError(`--rfc ${text}: it looks like 7162, or 3501:6.4 for a section and those in it`)
  return cited
}

/** @throws UsageError for what does not fit together, CommandError for files that cannot be read */
export async function targetOf(host: string, family: Family, options: ConformanceOptions): Promise<Target> {
  const users = namesOf(options)
  if (family === 'imap' && users.length === 0)
    throw new UsageError('IMAP needs an account: give --user NAME, and its password with --password-stdin')
  if (users.length + options.recipient.length === 0)
    throw new UsageError('SMTP needs somebody who takes mail: give --recipient ADDRESS, or an account with --user NAME')
  const passwords = users.length === 0 ? [] : await readPasswords(users, options)
  return {
    host,
    ports: portsOf(family, options),
    users: users.map((username, i) => ({ username, password: passwords[i] ?? '' })),
    recipients: options.recipient,
    domain: options.domain ?? /@(.+)$/.exec(users[0] ?? options.recipient[0] ?? '')?.[1] ?? host,
    hostname: options.hostname ?? host,
    security: securityOf(options),
    certificates: { verify: options.insecure !== true, authorities: await authoritiesOf(options) },
  }
}

const namesOf = ({ user, user2, user3, user4, user5 }: ConformanceOptions): string[] => {
  const all = [user, user2, user3, user4, user5]
  const given = all.filter((name) => name !== undefined)
  if (all.slice(0, given.length).includes(undefined))
    throw new UsageError('users are --user, --user2, --user3 …, none left out')
  return given
}

function securityOf({ tls, starttls, port }: ConformanceOptions): Security {
  if (tls !== undefined && starttls === true)
    throw new UsageError(`--starttls and ${tls ? '--tls' : '--no-tls'} exclude each other`)
  if (tls === false) return 'none'
  return tls === true || (starttls === undefined && port.some(isImplicit)) ? 'tls' : 'starttls'
}

/** Ports at which nobody speaks in clear (RFC 8314 §7). */
const IMPLICIT: ReadonlySet<number> = new Set([993, 465])
const isImplicit = ({ service, port }: PortOption): boolean => service === null && IMPLICIT.has(port)

function portsOf(family: Family, options: ConformanceOptions): Target['ports'] {
  const { port, submission } = options
  const secure = securityOf(options) === 'tls'
  const submissions = secure ? 'submissions' : 'submission'
  const own: Service = family === 'imap' ? (secure ? 'imaps' : 'imap') : secure ? 'submissions' : 'smtp'
  const usual = { imap: 143, imaps: 993, smtp: 25, submission: 587, submissions: 465 }
  const given = port.map(({ service, port: number }) => [service ?? own, number] as const)
  if (submission !== undefined) given.push([submissions, submission === true ? usual[submissions] : submission])
  const ofFamily = given.some(([service]) => /^imap/.test(service) === (family === 'imap'))
  return Object.fromEntries(ofFamily ? given : [[own, usual[own]], ...given])
}

async function authoritiesOf({ ca, insecure }: ConformanceOptions): Promise<string | null> {
  if (ca === undefined) return null
  if (insecure === true) throw new UsageError('--ca and --insecure exclude each other')
  try {
    return await readFile(ca, 'utf8')
  } catch (error) {
    throw new CommandError(`--ca ${ca} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}
