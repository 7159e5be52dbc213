/** Where the transcripts and their fixtures lie, from the sources and from the compiled program alike. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseTranscript, type Transcript } from './transcript.js'

export const FAMILIES = ['smtp', 'imap'] as const
export type Family = (typeof FAMILIES)[number]

/** conformance/ of the package: beside this file, or two levels above it when it is in dist/. */
const folder = ['.', '../../conformance']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(join(path, 'imap')))

function root(): string {
  if (folder === undefined) throw new Error('the folder of the transcripts is not there')
  return folder
}

const fixtures = new Map<string, Promise<Buffer>>()

/** The octets of fixtures/`name`. */
export function readFixture(name: string): Promise<Buffer> {
  const file = fixtures.get(name) ?? readFile(join(root(), 'fixtures', name))
  fixtures.set(name, file)
  return file
}

/** What the HTML report is made with: report/`name`. */
export const readAsset = (name: string): string => readFileSync(join(root(), 'report', name), 'utf8')

/** All transcripts of a family, by name. @throws TranscriptError */
export function readTranscripts(family: Family): Transcript[] {
  const names = readdirSync(join(root(), family)).filter((name) => name.endsWith('.txt'))
  return names.sort().map((name) => {
    const text = readFileSync(join(root(), family, name), 'utf8')
    return parseTranscript(`conformance/${family}/${name}`, text, family)
  })
}
