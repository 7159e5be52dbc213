/** Waiting on a Clock for one thing, and no longer than until another. */
import type { Clock } from '../core/clock.js'

/** Resolves after `ms`, or with `stopping`. */
export function pause(clock: Clock, ms: number, stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      stopping.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    stopping.addEventListener('abort', end)
  })
}

/** @returns whether `work` ended within `ms`; it may go on behind that */
export function endsWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false))
    work.then(() => resolve(true), reject).finally(cancel)
  })
}

const STOPPED = Symbol('stopped')

/** What `work` brings, or null when `stopping` comes first. `late`: takes what comes behind that. */
export async function unlessStopping<T>(
  work: Promise<T>,
  stopping: AbortSignal,
  late: (value: T) => void,
): Promise<T | null> {
  let stop: () => void = () => {}
  const stopped = new Promise<typeof STOPPED>((resolve) => {
    stop = () => resolve(STOPPED)
    if (stopping.aborted) stop()
    else stopping.addEventListener('abort', stop, { once: true })
  })
  const first = await Promise.race([work, stopped]).finally(() => stopping.removeEventListener('abort', stop))
  if (first !== STOPPED) return first
  work.then(late).catch(() => {})
  return null
}
