import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { capabilities } from '../src/imap/capabilities.js'
import { extensions } from '../src/smtp/extensions.js'
import { unsaid } from './coverage.js'
import { cutsFor } from './cuts.js'
import { FAMILIES, readTranscripts } from './files.js'
import { InProcess } from './in-process.js'
import { play } from './runner.js'
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

const played = new Set<Transcript>()
const said = new Set<string>()

describe.each(FAMILIES)('%s', (family) => {
  describe.each(readTranscripts(family).map((transcript) => [transcript.file, transcript] as const))(
    '%s',
    (_, transcript) => {
      test.each(cutsFor(seed, transcript.header).map((cut) => [cut.name, cut] as const))('%s', async (_name, cut) => {
        const outcome = await play(transcript, place, { cut, judge: 'exact', limit: null })
        if (outcome.kind === 'failed') throw outcome.failure
        if (outcome.kind === 'skipped' && !asksForMore(transcript)) throw new Error(`skipped: ${outcome.reason}`)
        played.add(transcript)
        if (outcome.kind === 'skipped') return
        for (const line of outcome.dialogue) said.add(line)
      })
    },
  )
})

/** More than the coverage test can tell: replies share codes, and the patterns of transcripts leave words open. */
test('every reply of the SMTP table was given, word for word', ({ skip }) => {
  if (played.size < FAMILIES.flatMap(readTranscripts).length) skip('only some transcripts were played')
  expect(unsaid([...said])).toEqual([])
})
