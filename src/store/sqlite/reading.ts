/** Runs a read of the protocol thread: what the disk refuses becomes 'unavailable', as it does for writes. */
import { isDiskRefusal, unavailable } from './disk-refusal.js'

export async function reading<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && isDiskRefusal(error)) throw unavailable(error.message)
    throw error
  }
}
