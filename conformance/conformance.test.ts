import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capabilities } from '../src/imap/capabilities.js'
import { extensions } from '../src/smtp/extensions.js'
import { unsaid } from './coverage.js'
import { cutsFor, whole } from './cuts.js'
import { FAMILIES, readTranscripts } from './files.js'
import { InProcess } from './in-process.js'
import { type Play, play } from './runner.js'
import type { Transcript } from './transcript.js'

/** CONFORMANCE_SEED repeats a run that failed. */
const seed = Number(process.env['CONFORMANCE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let place: InProcess
beforeAll(async () => {
  place = await InProcess.create()
})
afterAll(() => place.close())

/** Of capabilities that we do not have: such a transcript is for other servers. */
const asksForMore = ({ header }: Transcript): boolean =>
  header.needs.some(
    (need) => !((need.split('=')[0] ?? need) in extensions) && !capabilities.some(({ name }) => name === need),
  )

/** The exact judge hears every cut. The fair one has nothing to do with cuts. */
const waysFor = ({ header }: Transcript): readonly Pick<Play, 'cut' | 'judge'>[] => [
  ...cutsFor(seed, header).map((cut) => ({ cut, judge: 'exact' as const })),
  { cut: whole, judge: 'fair' },
]

const played = new Set<Transcript>()
const said = new Set<string>()

describe.each(FAMILIES)('%s', (family) => {
  describe.each(readTranscripts(family).map((transcript) => [transcript.file, transcript] as const))(
    '%s',
    (_, transcript) => {
      test.each(waysFor(transcript).map((way) => [`${way.judge}, ${way.cut.name}`, way] as const))(
        '%s',
        async (_name, way) => {
          const outcome = await play(transcript, place, { ...way, limit: null })
          if (outcome.kind === 'failed') throw outcome.failure
          if (outcome.kind === 'skipped' && !asksForMore(transcript)) throw new Error(`skipped: ${outcome.reason}`)
          played.add(transcript)
          if (outcome.kind === 'skipped') return
          for (const line of outcome.dialogue) said.add(line)
        },
      )
    },
  )
})

/** More than the coverage test can tell: replies share codes, and the patterns of transcripts leave words open. */
test('every reply of the SMTP table was given, word for word', ({ skip }) => {
  if (played.size < FAMILIES.flatMap(readTranscripts).length) skip('only some transcripts were played')
  expect(unsaid([...said])).toEqual([])
})
