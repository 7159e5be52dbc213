/** Certificates and keys for tests, in files: of any names and kind, by themselves or by an authority. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Made {
  /** Paths. */
  readonly certificate: string
  readonly key: string
}

export interface Wanted {
  readonly names?: readonly string[]
  readonly kind?: 'ec' | 'rsa'
  readonly days?: number
  /** May certify others. */
  readonly authority?: boolean
  /** Left out: signed with its own key. */
  readonly by?: Made
}

/** `DIR/NAME.crt` and `DIR/NAME.key`, with NAME as its common name, made by openssl. */
export async function makeCertificate(dir: string, name: string, wanted: Wanted = {}): Promise<Made> {
  const { names = [name], kind = 'ec', days = 365, authority = false, by } = wanted
  const made = { certificate: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) }
  const algorithm = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048']
  const signer = by === undefined ? [] : ['-CA', by.certificate, '-CAkey', by.key]
  const alternative = ['-addext', `subjectAltName=${names.map((n) => `DNS:${n}`).join(',')}`]
  const constraints = ['-addext', `basicConstraints=critical,CA:${authority ? 'TRUE' : 'FALSE'}`]
  const files = ['-keyout', made.key, '-out', made.certificate]
  const subject = ['-subj', `/CN=${name}`, '-days', String(days)]
  const args = ['req', '-x509', '-nodes', ...algorithm, ...signer, ...subject, ...alternative, ...constraints, ...files]
  await run('openssl', args)
  return made
}

/** One file with the certificates of `files`, one behind the other. */
export async function chainFile(path: string, files: readonly Made[]): Promise<string> {
  await writeFile(path, (await Promise.all(files.map(({ certificate }) => readFile(certificate)))).join(''))
  return path
}
