/** What was said in the last attempts, inside the writer's transactions: it is kept as long as somebody names it. */
import type { WriteContext } from './write-context.js'

/** Call when a row has ceased to name it: it goes with the last. */
export const forgetAttempt = ({ sql }: WriteContext, attempt: number): number =>
  sql.run(
    `DELETE FROM queue_attempt WHERE id = ?
       AND NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.attempt = queue_attempt.id)
       AND NOT EXISTS (SELECT 1 FROM queue_finished f WHERE f.attempt = queue_attempt.id)`,
    attempt,
  )
