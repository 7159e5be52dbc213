/** The RFCs that are cited: their titles, sections, and the client lines of the examples that they print. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface IndexedRfc {
  readonly title: string
  /** false: nobody had the text at hand; sections and titles are as we remember them, '' where we do not. */
  readonly text: boolean
  /** Number → title, in their order: `6.3.11`, `A.1`. */
  readonly sections: Readonly<Record<string, string>>
  /** Section → what clients say in its examples, as rfc/examples.ts makes it comparable. */
  readonly examples: Readonly<Record<string, readonly string[]>>
}

/** Beside this file, or two levels above it when it is in dist/. */
const file = ['./rfc-index.json', '../../conformance/rfc-index.json']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path))

function read(): Readonly<Record<string, IndexedRfc>> {
  if (file === undefined) throw new Error('conformance/rfc-index.json is not there')
  return JSON.parse(readFileSync(file, 'utf8')) // as rfc/index-main.ts writes it
}

let index: Readonly<Record<string, IndexedRfc>> | null = null

/** All of them by number: `3501`. */
export function rfcIndex(): Readonly<Record<string, IndexedRfc>> {
  index ??= read()
  return index
}

/** `rfc` and `section` as in citations: '3501', '6.3.11'. @returns null if there is none of that number */
export function sectionTitle(rfc: string, section: string): string | null {
  return rfcIndex()[rfc]?.sections[section] ?? null
}

export const hasSection = (rfc: string, section: string): boolean => sectionTitle(rfc, section) !== null

/** Sections as a reader expects them: 6.3.9 before 6.3.10, appendices last. */
export const sorted = (sections: readonly string[]): string[] => [...sections].sort(bySection)

function bySection(one: string, other: string): number {
  const [a, b] = [one.split('.'), other.split('.')]
  for (const [i, part] of a.entries()) {
    const counterpart = b[i]
    if (counterpart === undefined) return 1
    if (part !== counterpart) return rank(part) - rank(counterpart)
  }
  return a.length - b.length
}

const rank = (part: string): number => (/^\d/.test(part) ? Number(part) : 1000 + part.charCodeAt(0))
