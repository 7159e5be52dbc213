/** Plays many transcripts one after the other, each in its ways of cutting, and makes a Result of each. */
import type { Clock } from '../src/core/clock.js'
import type { Cut } from './cuts.js'
import type { Header } from './header.js'
import { type Outcome, TranscriptFailure } from './outcome.js'
import { type Mask, type Result, resultOf } from './result.js'
import { type Play, play } from './runner.js'
import type { Transcript } from './transcript.js'
import type { Place } from './world.js'

export interface Campaign extends Omit<Play, 'cut'> {
  readonly place: Place
  /** In which ways a transcript is played; the first in which it does not pass counts. */
  readonly cutsOf: (header: Header) => readonly Cut[]
  readonly clock: Clock
  readonly mask: Mask
  /** Once aborted, no further transcript begins. */
  readonly signal: AbortSignal
  /** Whether the transcript that is being played then is left where it is, and left out; else it is played to its end. */
  readonly abandons: boolean
  readonly watcher: Watcher
}

/** Is told how far it has come. */
export interface Watcher {
  begins(transcript: Transcript): void
  ended(result: Result): void
}

/** Never rejects for what a server does, or for one that is gone: that is a failed transcript. */
export async function playAll(transcripts: readonly Transcript[], campaign: Campaign): Promise<Result[]> {
  const results: Result[] = []
  const abandoned = new Promise<null>((resolve) => {
    if (campaign.abandons) campaign.signal.addEventListener('abort', () => resolve(null))
  })
  for (const transcript of transcripts) {
    if (campaign.signal.aborted) break
    campaign.watcher.begins(transcript)
    const result = await Promise.race([playOne(transcript, campaign), abandoned])
    if (result === null) break
    results.push(result)
    campaign.watcher.ended(result)
  }
  return results
}

async function playOne(transcript: Transcript, campaign: Campaign): Promise<Result> {
  const { cutsOf, clock, mask } = campaign
  const began = clock.now()
  let first: Outcome | null = null
  for (const cut of cutsOf(transcript.header)) {
    const outcome = await played(transcript, cut, campaign)
    first ??= outcome
    if (outcome.kind !== 'passed')
      return resultOf(transcript, { outcome, cut: cut.name, milliseconds: clock.now() - began }, mask)
  }
  const outcome = first ?? { kind: 'skipped', reason: 'there is no way to cut it', dialogue: [] }
  return resultOf(transcript, { outcome, cut: 'whole', milliseconds: clock.now() - began }, mask)
}

async function played(transcript: Transcript, cut: Cut, { place, judge, limit }: Campaign): Promise<Outcome> {
  try {
    return await play(transcript, place, { cut, judge, limit })
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    const failure = new TranscriptFailure(
      { file: transcript.file, at: 1, cut: cut.name, dialogue: [] },
      { what: `it could not begin: ${what}`, expected: null, came: null },
    )
    return { kind: 'failed', failure, dialogue: [] }
  }
}
