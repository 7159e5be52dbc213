/** When a recipient that could not be reached is tried again (decision 19). */

/**
 * Milliseconds to wait before the next attempt, or null to give up.
 * @param retryCount how often this recipient was retried before the attempt that failed just now: 0 after
 * the first failure
 * @param schedule milliseconds to wait, in order
 */
export function retryDelay(retryCount: number, schedule: readonly number[]): number | null {
  return schedule[retryCount] ?? null
}
