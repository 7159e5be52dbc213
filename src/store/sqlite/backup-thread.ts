/** The thread of `store backup`: it copies, hashes and syncs without a pause. See backup-client.ts for the other end. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { type BackupReport, CareError, type CareRefusal } from '../care.js'
import { type BackupJob, runBackup } from './backup-job.js'
import { isDiskRefusal } from './disk-refusal.js'

export type FromBackup =
  /** Erase nothing until 'release': answered with a message once nothing is being erased. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'release' }
  | { readonly kind: 'done'; readonly report: BackupReport }
  | { readonly kind: 'refused'; readonly refusal: CareRefusal; readonly message: string }

const post = (message: FromBackup): void => parentPort?.postMessage(message)

const hold = {
  begin: async (): Promise<void> => {
    const go = parentPort === null ? Promise.resolve() : once(parentPort, 'message')
    post({ kind: 'hold' })
    await go
  },
  end: (): void => post({ kind: 'release' }),
}

async function run(job: BackupJob): Promise<void> {
  try {
    post({ kind: 'done', report: await runBackup(job, hold) })
  } catch (error) {
    if (error instanceof CareError) post({ kind: 'refused', refusal: error.refusal, message: error.message })
    else if (error instanceof Error && isDiskRefusal(error))
      post({ kind: 'refused', refusal: 'disk', message: `cannot back up to ${job.folder}: ${error.message}` })
    else throw error
  }
}

await run(workerData as BackupJob)
