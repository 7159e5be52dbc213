/** The thread of `store gc`: it lists files and looks through tables. See garbage-client.ts for the order of things. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { filesNow, findGarbage, type Garbage } from './garbage.js'
import { runThread, type ThreadRefused } from './thread-error.js'

export type FromGarbage =
  /** The files have been listed: go on once every commit that was under way then is done. */
  { readonly kind: 'listed' } | { readonly kind: 'found'; readonly garbage: Garbage } | ThreadRefused

interface Given {
  readonly dir: string
  readonly until: number
  readonly kept: number
}

async function run({ dir, ...bounds }: Given): Promise<void> {
  const files = filesNow(dir)
  post({ kind: 'listed' })
  if (parentPort !== null) await once(parentPort, 'message')
  post({ kind: 'found', garbage: findGarbage(dir, files, bounds) })
}

const post = (message: FromGarbage): void => parentPort?.postMessage(message)

await runThread(() => run(workerData), post)
