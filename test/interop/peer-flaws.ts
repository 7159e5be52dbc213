/** conformance/peers.md as a table: which transcripts another server does not pass, and the paragraph that it breaks. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Flaw {
  /** `smtp/paths` */
  readonly transcript: string
  readonly does: string
  readonly breaks: string
  /** It may pass, too. */
  readonly sometimes: boolean
}

/** The rows of the section of `peer`. @throws Error for a row that is none */
export function flawsOf(peer: string, text = readPeers()): readonly Flaw[] {
  const section = text.split(/^## /m).find((one) => one.split('\n', 1)[0]?.split(' ')[0] === peer) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) => {
    const [, transcript = '', does = '', breaks = ''] =
      /^\| `(\w+\/[\w.-]+)` \| (.+) \| (RFC \d+ §.+) \|$/.exec(row) ?? []
    if (transcript === '')
      throw new Error(`peers.md: "${row}" is no row with a transcript, what happens and a paragraph`)
    return { transcript, does, breaks, sometimes: does.startsWith('sometimes ') }
  })
}

const readPeers = (): string =>
  readFileSync(fileURLToPath(new URL('../../conformance/peers.md', import.meta.url)), 'utf8')
