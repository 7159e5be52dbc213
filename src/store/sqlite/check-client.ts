/** Runs `store check` in a thread of its own: it hashes and parses everything, and the protocol thread stays free. */
import { Worker } from 'node:worker_threads'
import type { Submit } from '../ops.js'
import type { Problem } from '../store.js'
import type { Finding } from './check.js'
import { errorOf, refusedBy, type ThreadRefused } from './thread-error.js'
import { workerUrl } from './worker-url.js'

export type FromCheck =
  /** The files have been listed: go on once every commit that was under way then is done. */
  { readonly kind: 'listed' } | { readonly kind: 'findings'; readonly findings: readonly Finding[] } | ThreadRefused

export async function check(dir: string, submit: Submit): Promise<readonly Problem[]> {
  return (await findings(dir, submit)).map(({ kind, detail }) => ({ kind, detail }))
}

/** Problems with what `store repair` does about each. @throws CareError 'disk' */
export async function findings(dir: string, submit: Submit): Promise<readonly Finding[]> {
  const worker = new Worker(workerUrl(import.meta.url, './check-thread.js'), { workerData: { dir } })
  try {
    return await new Promise((resolve, reject) => {
      worker.on('error', (thrown) => reject(errorOf(thrown)))
      worker.on('exit', (code) => reject(new Error(`the check ended with code ${code}`)))
      worker.on('message', (message: FromCheck) => {
        if (message.kind === 'findings') resolve(message.findings)
        else if (message.kind === 'refused') reject(refusedBy(message))
        else submit({ kind: 'barrier' }).then(() => worker.postMessage('go'), reject)
      })
    })
  } finally {
    await worker.terminate()
  }
}
