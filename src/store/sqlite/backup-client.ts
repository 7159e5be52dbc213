/** The protocol thread's end of `store backup`: one at a time, and no content is erased while it is copied. */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.js'
import { type BackupReport, type BackupRequest, CareError } from '../care.js'
import type { Eraser } from '../eraser.js'
import type { Submit } from '../ops.js'
import type { FromBackup } from './backup-thread.js'
import { errorOf } from './thread-error.js'
import { workerUrl } from './worker-url.js'

export interface BackupParts {
  readonly dir: string
  readonly clock: Clock
  readonly submit: Submit
  readonly eraser: Pick<Eraser, 'pause' | 'resume'>
}

export class Backups {
  readonly #parts: BackupParts
  #worker: Worker | null = null

  constructor(parts: BackupParts) {
    this.#parts = parts
  }

  get running(): boolean {
    return this.#worker !== null
  }

  /** @throws CareError */
  async backup(request: BackupRequest): Promise<BackupReport> {
    if (this.#worker !== null) throw new CareError('busy', 'a backup is being made already: wait until it is done')
    const { dir, clock, eraser } = this.#parts
    const workerData = { ...request, dir, at: clock.now() }
    const worker = new Worker(workerUrl(import.meta.url, './backup-thread.js'), { workerData })
    this.#worker = worker
    try {
      return await this.#result(worker)
    } finally {
      await worker.terminate()
      eraser.resume()
      this.#worker = null
    }
  }

  /** Ends a backup that runs: the one before it in the same folder stays. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #result(worker: Worker): Promise<BackupReport> {
    const { submit, eraser } = this.#parts
    return new Promise((resolve, reject) => {
      worker.on('error', (thrown) => reject(errorOf(thrown)))
      worker.on('exit', () => reject(new CareError('busy', 'the backup was ended: the server stops')))
      worker.on('message', (message: FromBackup) => {
        if (message.kind === 'done') resolve(message.report)
        else if (message.kind === 'refused') reject(new CareError(message.refusal, message.message))
        else if (message.kind === 'release') eraser.resume()
        else {
          eraser.pause()
          // What was submitted before is done once this is.
          submit({ kind: 'barrier' }).then(() => worker.postMessage('go'), reject)
        }
      })
    })
  }
}
