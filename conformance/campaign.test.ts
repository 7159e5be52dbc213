import { expect, test } from 'vitest'
import { FakeClock } from '../src/core/clock.js'
import { type Campaign, playAll } from './campaign.js'
import { afterCr, whole } from './cuts.js'
import type { Result } from './result.js'
import { parseTranscript } from './transcript.js'
import type { Place } from './world.js'

const transcripts = ['a', 'b', 'c'].map((name) =>
  parseTranscript(`conformance/imap/${name}.txt`, `# ${name}\nrfc: RFC 3501 §8\n\nC: a\n`, 'imap'),
)

/** Each transcript is answered by `cannot`: this is about what is made of it. */
const campaign = (place: Partial<Place>, more: Partial<Campaign> = {}): Campaign => ({
  place: { name: 'nowhere', cannot: () => 'not here', open: () => Promise.reject(new Error('gone')), ...place },
  ...{ judge: 'exact', limit: null, clock: new FakeClock(), abandons: true, signal: new AbortController().signal },
  ...{ mask: (line) => line.replace('secret', '***'), cutsOf: () => [whole, afterCr] },
  watcher: { begins: () => {}, ended: () => {} },
  ...more,
})

const outcomes = (results: readonly Result[]) => results.map(({ transcript, outcome }) => `${transcript} ${outcome}`)

test('each transcript has a result, and who watches is told of it', async () => {
  const told: string[] = []
  const results = await playAll(
    transcripts,
    campaign(
      {},
      {
        watcher: { begins: ({ title }) => told.push(`begins ${title}`), ended: ({ outcome }) => told.push(outcome) },
      },
    ),
  )
  expect(outcomes(results)).toEqual(['imap/a skipped', 'imap/b skipped', 'imap/c skipped'])
  expect(told).toEqual(['begins a', 'skipped', 'begins b', 'skipped', 'begins c', 'skipped'])
})

test('a server that is gone fails a transcript, and ends nothing', async () => {
  const place = { cannot: () => null, open: () => Promise.reject(new Error('connect ECONNREFUSED of secret')) }
  const results = await playAll(transcripts, campaign(place))
  expect(outcomes(results)).toEqual(['imap/a failed', 'imap/b failed', 'imap/c failed'])
  expect(results[0]).toMatchObject({
    failure: { line: 1, what: expect.stringContaining('connect ECONNREFUSED of ***'), expected: null, came: null },
    cut: 'whole',
    dialogue: [],
  })
})

test('once it is aborted nothing begins, and what hangs is left out', async () => {
  const controller = new AbortController()
  const place = {
    cannot: () => null,
    open: () => {
      controller.abort()
      return new Promise<never>(() => {})
    },
  }
  expect(await playAll(transcripts, campaign(place, { signal: controller.signal }))).toEqual([])
})

test('where nothing may be left as it is, the transcript that is played comes to its end', async () => {
  const controller = new AbortController()
  const cannot = () => {
    controller.abort()
    return 'not here'
  }
  const results = await playAll(transcripts, campaign({ cannot }, { signal: controller.signal, abandons: false }))
  expect(outcomes(results)).toEqual(['imap/a skipped'])
})
