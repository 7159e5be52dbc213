import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cutsFor } from './cuts.js'
import { FAMILIES, readTranscripts } from './files.js'
import { InProcess } from './in-process.js'
import { play } from './runner.js'

/** CONFORMANCE_SEED repeats a run that failed. */
const seed = Number(process.env['CONFORMANCE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let place: InProcess
beforeAll(async () => {
  place = await InProcess.create()
})
afterAll(() => place.close())

describe.each(FAMILIES)('%s', (family) => {
  describe.each(readTranscripts(family).map((transcript) => [transcript.file, transcript] as const))(
    '%s',
    (_, transcript) => {
      test.each(cutsFor(seed, transcript.header).map((cut) => [cut.name, cut] as const))('%s', async (_name, cut) => {
        const outcome = await play(transcript, place, cut)
        if (outcome.kind === 'failed') throw outcome.failure
        expect(outcome).toEqual({ kind: 'passed' })
      })
    },
  )
})
