/** Plays a transcript at a place, within its time: opens a world for it, and tells how it ended. */
import { type Clock, systemClock } from '../src/core/clock.js'
import type { Cut } from './cuts.js'
import { type Judge, Skipped } from './hearing.js'
import { Differs, type Outcome, TranscriptFailure } from './outcome.js'
import { OWN_ACTS, Performance } from './performance.js'
import type { Transcript } from './transcript.js'
import { sentLines } from './transcript-lines.js'
import type { Place, Uses, World } from './world.js'

export interface Play {
  /** How the clients' octets are cut. */
  readonly cut: Cut
  readonly judge: Judge
  /** Milliseconds after which a transcript has failed where it hangs; null: as long as it takes. */
  readonly limit: number | null
  /** Measures the limit; the system's without it. */
  readonly clock?: Clock
}

/** Enough for the slowest server on a network, ms. */
export const NETWORK_LIMIT = 30_000

/** A world that does not end after so long is left to itself, ms. */
const CLOSING = 5000

/** Islands in which a login is: `{{alice_plain}}`, `{{cram-md5 alice challenge}}`. */
const LOGIN = /\{\{(?:([^\s{}]+?)_(?:plain|b64|password|password_b64)|(?:cram-md5|scram-[a-z]+) ([^\s:{}]+).*?)\}\}/g

/** What a transcript asks of its world. */
export function usesOf(transcript: Transcript): Uses {
  const { steps, header } = transcript
  const acts = steps.flatMap((step) => (step.kind === 'act' ? [step.words[0] ?? ''] : []))
  const named = sentLines([transcript]).flatMap((line) => [...line.matchAll(LOGIN)].map(([, a, b]) => a ?? b ?? ''))
  return {
    time: steps.some(({ kind }) => kind === 'time'),
    acts: acts.filter((act) => !OWN_ACTS.has(act)),
    logins: header.users.filter((user) => named.includes(user)),
  }
}

/** Plays `transcript` once. Rejects only for what is wrong with the place, not for what the server does. */
export async function play(transcript: Transcript, place: Place, options: Play): Promise<Outcome> {
  const reason = place.cannot(transcript.header, usesOf(transcript))
  if (reason !== null) return { kind: 'skipped', reason, dialogue: [] }
  const deadline = new Deadline(options)
  try {
    return await playWithin(deadline, transcript, place, options)
  } finally {
    deadline.cancel()
  }
}

async function playWithin(deadline: Deadline, transcript: Transcript, place: Place, options: Play): Promise<Outcome> {
  const opening = place.open(transcript.header)
  const world = await deadline.within(opening).catch((error: unknown) => {
    if (!(error instanceof Differs)) throw error
    void opening.then((late) => late.close()).catch(() => {})
    return new TranscriptFailure(
      { file: transcript.file, at: 1, cut: options.cut.name, dialogue: [] },
      { ...error.difference, what: `${error.message}, before the first line` },
    )
  })
  if (world instanceof TranscriptFailure) return { kind: 'failed', failure: world, dialogue: [] }
  return perform(deadline, transcript, world, options)
}

async function perform(deadline: Deadline, transcript: Transcript, world: World, options: Play): Promise<Outcome> {
  const performance = new Performance(transcript, world, options)
  const { dialogue } = performance
  try {
    await deadline.within(performance.run())
  } catch (error) {
    const failure = performance.failureOf(error)
    await ended(world, options.clock).catch(() => [])
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message, dialogue }
    return { kind: 'failed', failure, dialogue }
  }
  const problems = await world.close()
  if (problems.length === 0) return { kind: 'passed', dialogue }
  return { kind: 'failed', failure: performance.failureOf(new Error(problems.join('\n'))), dialogue }
}

/** A world in which something hangs may not even end. */
const ended = (world: World, clock = systemClock): Promise<unknown> => {
  const closing = world.close()
  let cancel = (): void => {}
  const patience = new Promise<void>((resolve) => {
    cancel = clock.after(CLOSING, resolve)
  })
  return Promise.race([closing, patience]).finally(cancel)
}

/** The end of the time that a transcript has. */
class Deadline {
  readonly #passed: Promise<never>
  readonly cancel: () => void

  constructor({ limit, clock = systemClock }: Play) {
    let cancel = (): void => {}
    this.#passed = new Promise((_, reject) => {
      if (limit === null) return
      const what = `it is not done after ${limit / 1000} s and hangs here`
      cancel = clock.after(limit, () => reject(new Differs({ what, expected: null, came: null })))
    })
    this.#passed.catch(() => {})
    this.cancel = cancel
  }

  /** @throws Differs when time is up first; `work` is left to itself */
  within<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {})
    return Promise.race([work, this.#passed])
  }
}
