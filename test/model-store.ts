/**
 * The store as its docstrings have it, in memory and naive: what a real backend is compared with. It keeps
 * messages as a list of objects and counts by looking at all of them.
 */
import type { MailboxId, Uid } from '../src/core/ids.js'
import { CareError, type Collected } from '../src/store/care.js'
import type { Spool } from '../src/store/spool.js'
import type { AttachmentReader, Attachments, SearchOptions, SearchText, Store } from '../src/store/store.js'
import { type Content, must, refuse } from './store/model-data.js'
import { modelAttachments, modelSearch, shownAttachment } from './store/model-inside.js'
import { ModelQueue } from './store/model-queue.js'
import { ModelSpool } from './store/model-spool.js'

export class ModelStore extends ModelQueue implements Store {
  #contentOf(id: MailboxId, uid: Uid): Content {
    const entry = this.box(id).messages.find((m) => m.uid === uid)
    if (entry === undefined) throw refuse('no-such-message')
    return must(this.content(entry.blob))
  }

  async attachments(id: MailboxId, uid: Uid): Promise<Attachments> {
    return { kind: 'found', attachments: modelAttachments(this.#contentOf(id, uid)).map(shownAttachment) }
  }

  async openAttachment(id: MailboxId, uid: Uid, part: string): Promise<AttachmentReader | null> {
    return modelAttachments(this.#contentOf(id, uid)).find((a) => a.part === part) ?? null
  }

  async search(id: MailboxId, text: SearchText, options: SearchOptions = {}): Promise<readonly Uid[]> {
    return modelSearch(this.box(id), this.contents, text, options)
  }

  newSpool(): Spool {
    return new ModelSpool()
  }

  async repair(): Promise<{ readonly done: readonly never[]; readonly left: readonly never[] }> {
    return { done: [], left: [] }
  }

  storage(): readonly never[] {
    return []
  }

  /** Its memory is the garbage collector's own. */
  async collectGarbage(): Promise<Collected> {
    const nothing = { count: 0, octets: 0 }
    return { contents: nothing, inUse: 0, files: nothing, doubtful: 0, spool: nothing, deliveries: 0 }
  }

  /** There is no folder that could be copied. */
  async backup(): Promise<never> {
    throw new CareError('unusable-folder', 'the model keeps nothing on disk')
  }

  async check(): Promise<readonly never[]> {
    return []
  }

  async close(): Promise<void> {}
}
