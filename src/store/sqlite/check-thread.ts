/** The thread of `store check`. See check-client.ts for the order of things. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { listBlobFiles } from './blob-files.js'
import { checkData } from './check.js'
import type { FromCheck } from './check-client.js'
import { runThread } from './thread-error.js'

async function run(dir: string): Promise<void> {
  // Before the snapshot: a file that is here without a row there is an orphan, not one that is just coming.
  const files = [...listBlobFiles(dir)]
  post({ kind: 'listed' })
  if (parentPort !== null) await once(parentPort, 'message')
  post({ kind: 'findings', findings: checkData(dir, files) })
}

const post = (message: FromCheck): void => parentPort?.postMessage(message)

await runThread(() => run((workerData as { readonly dir: string }).dir), post)
