/** The certificate for a server that was given none: made once, kept in data_dir/tls, renewed before it expires. */
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import type { Clock } from '../core/clock.js'
import type { CertificateFiles } from '../core/config.js'
import { replaceFile } from '../core/durable-file.js'
import { reasonOf, StartupError } from './errors.js'

const DAY = 24 * 60 * 60 * 1000
/** What Apple's TLS accepts of a certificate that the user trusts by hand (support.apple.com/103769). */
const VALID_DAYS = 825
/** One that has less than this left is replaced at a start. */
const RENEW_DAYS = 30

export interface SelfSigned extends CertificateFiles {
  /** Of the certificate that this call has made; null when there was one. */
  readonly made: { readonly names: readonly string[]; readonly validDays: number } | null
}

/**
 * The paths of a self-signed pair for `hostname`, made now if there is none, if it is for another name
 * or if it is about to expire. The key file has mode 0600.
 * @throws StartupError when the folder cannot be written
 */
export async function selfSignedFiles(dataDir: string, hostname: string, clock: Clock): Promise<SelfSigned> {
  const dir = join(dataDir, 'tls')
  const files = { certificate: join(dir, 'self-signed.crt'), key: join(dir, 'self-signed.key') }
  if (await isUsable(files.certificate, hostname, clock)) return { ...files, made: null }
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const made = await makePair(hostname, clock.now())
    await replaceFile(files.key, made.private, 0o600)
    await replaceFile(files.certificate, made.cert, 0o644)
  } catch (error) {
    throw new StartupError(`cannot write a self-signed certificate to ${dir}: ${reasonOf(error)}`, error)
  }
  return { ...files, made: { names: namesFor(hostname), validDays: VALID_DAYS } }
}

async function isUsable(file: string, hostname: string, clock: Clock): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(file))
    const left = Date.parse(certificate.validTo) - clock.now()
    return certificate.checkHost(hostname) !== undefined && left > RENEW_DAYS * DAY
  } catch {
    // Not there, or not a certificate: either way a new one is made.
    return false
  }
}

const namesFor = (hostname: string): string[] => [...new Set([hostname, 'localhost', '127.0.0.1', '::1'])]

function makePair(hostname: string, now: number): Promise<{ private: string; cert: string }> {
  return generate([{ name: 'commonName', value: hostname }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A client whose clock is a little behind must not find it "not yet valid".
    notBeforeDate: new Date(now - DAY),
    notAfterDate: new Date(now + (VALID_DAYS - 1) * DAY),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: namesFor(hostname).map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
}
