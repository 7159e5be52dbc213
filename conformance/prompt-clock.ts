/** A clock for accounts on which a proof of a password is answered at once: transcripts are about what is said, and not how fast. */
import type { Clock } from '../src/core/clock.js'
import { authLimits } from '../src/core/limits.js'

/** `clock`, but for waits that are no longer than the floor under such answers. */
export const promptClock = (clock: Clock): Clock => ({
  now: () => clock.now(),
  after(ms, fire) {
    if (ms > authLimits.proofFloor) return clock.after(ms, fire)
    const soon = setImmediate(fire)
    return () => clearImmediate(soon)
  },
})
