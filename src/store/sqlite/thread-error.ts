/** How a thread of ours fails: its errors cross as words, for those of SQLite would arrive as objects without any. */
import { CareError } from '../care.js'
import { isDiskRefusal } from './disk-refusal.js'

/** What `store check` and `store gc` say when the disk does not let them look. */
export interface ThreadRefused {
  readonly kind: 'refused'
  readonly message: string
}

/** Runs the work of a thread. @throws errors that cross to the other side whole */
export async function runThread(work: () => Promise<void>, refuse: (refused: ThreadRefused) => void): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message, stack } = errorOf(error)
    if (isDiskRefusal(error)) refuse({ kind: 'refused', message })
    else throw Object.assign(new Error(message), { stack })
  }
}

/** The other side's end of `refuse`. */
export const refusedBy = ({ message }: ThreadRefused): CareError =>
  new CareError('disk', `the data cannot be looked through: ${message}`)

/** What arrived from a thread that died: the code alone, where it did not see to its words. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  const isCoded = typeof thrown === 'object' && thrown !== null && 'code' in thrown
  return new Error(String(isCoded ? thrown.code : thrown))
}
