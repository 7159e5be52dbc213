/** Tells a client what has changed in its mailbox, as fast as it takes it. */
import type { Responses } from './responses.js'
import type { View } from './view.js'

/** All that may be told now; `mayExpunge`: also what went. @throws Farewell when it cannot be brought up to date any more */
export async function announce(view: View, out: Responses, mayExpunge: boolean): Promise<void> {
  do {
    for (const line of view.announce(mayExpunge)) {
      out.untagged(line)
      if (out.full) await out.room()
    }
  } while (view.behind(mayExpunge))
}
