/** The mails of test/fixtures/corpus, as a client may send them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const CORPUS = resolve(import.meta.dirname, 'fixtures/corpus')

export interface Mail {
  /** That of its file. */
  readonly name: string
  readonly octets: Buffer
}

/** What a client must make of a file before it may send it: CRLF only, at the end too (RFC 5321 §2.3.8). */
const canonical = (octets: Buffer): Buffer =>
  Buffer.from(
    octets
      .toString('latin1')
      .replace(/\r\n|\r|\n/g, '\r\n')
      .replace(/(?<!\r\n)$/, '\r\n'),
    'latin1',
  )

/** All of them, by name. */
export const corpus = (): readonly Mail[] =>
  readdirSync(CORPUS)
    .sort()
    .map((name) => ({ name, octets: canonical(readFileSync(join(CORPUS, name))) }))
