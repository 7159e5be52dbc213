/** Plays the tester at a server that others wrote, fairly, and holds what fails against what peers.md says. */
import { playAll } from '../../conformance/campaign.js'
import { whole } from '../../conformance/cuts.js'
import { type Family, readTranscripts } from '../../conformance/files.js'
import type { Result } from '../../conformance/result.js'
import { type Target, transcriptFor } from '../../conformance/target.js'
import type { Place } from '../../conformance/world.js'
import { systemClock } from '../../src/core/clock.js'
import { flawsOf } from './peer-flaws.js'

/** Milliseconds that one transcript may take: some wait for what a server tells by and by. */
const LIMIT = 60_000

/** Milliseconds for all of them. They take a few minutes, and a slow machine that does other things too takes longer. */
export const PEER_TIMEOUT = 1_800_000

export interface Played {
  readonly family: Family
  readonly target: Target
  readonly place: Place
  /** How many are played at once: one where all have the same mailboxes. */
  readonly together: number
}

/** @returns the results by name */
export async function playAtPeer({ family, target, place, together }: Played): Promise<Result[]> {
  const campaign = {
    place,
    cutsOf: () => [whole],
    judge: 'fair' as const,
    limit: LIMIT,
    clock: systemClock,
    mask: (line: string) => line,
    signal: new AbortController().signal,
    abandons: false,
    watcher: { begins: () => {}, ended: () => {} },
  }
  const left = readTranscripts(family)
  const results: Result[] = []
  const playNext = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      results.push(...(await playAll([transcriptFor(target, next)], campaign)))
  }
  await Promise.all(Array.from({ length: together }, playNext))
  return results.sort((a, b) => (a.transcript < b.transcript ? -1 : 1))
}

/** Lines of the dialogue that are shown. */
const SHOWN = 12

/** What fails at `peer` and does not stand in peers.md, as text; '' when there is nothing. */
export function unlisted(peer: string, results: readonly Result[]): string {
  const listed = flawsOf(peer).map(({ transcript }) => transcript)
  return results
    .filter(({ outcome, transcript }) => outcome === 'failed' && !listed.includes(transcript))
    .map(({ transcript, failure, dialogue }) =>
      [
        `${transcript}:${failure?.line}: ${failure?.what}`,
        `expected ${failure?.expected}`,
        `came     ${failure?.came}`,
        ...dialogue.slice(-SHOWN).map((line) => `    ${line}`),
      ].join('\n'),
    )
    .join('\n\n')
}

/** What stands in peers.md, not as "sometimes", and has not failed. */
export function notSeen(peer: string, results: readonly Result[]): string[] {
  const failed = new Set(results.filter(({ outcome }) => outcome === 'failed').map(({ transcript }) => transcript))
  return flawsOf(peer)
    .filter(({ sometimes, transcript }) => !sometimes && !failed.has(transcript))
    .map(({ transcript }) => transcript)
}
