/**
 * The store as its docstrings have it, in memory and naive: what a real backend is compared with. It keeps
 * messages as a list of objects and counts by looking at all of them.
 */
import type { BlobId, MailboxId, Uid } from '../src/core/ids.js'
import { type KeySource, sortMessages, type ThreadAlgorithm, threadMessages } from '../src/message/arrange.js'
import { type SortCriterion, TooMuchToArrange } from '../src/message/sort-order.js'
import { CareError, type Collected } from '../src/store/care.js'
import type { Spool } from '../src/store/spool.js'
import type {
  Arranged,
  AttachmentReader,
  Attachments,
  SearchDate,
  SearchOptions,
  SearchText,
  Store,
} from '../src/store/store.js'
import { ModelControl } from './store/model-control.js'
import { type Content, must, refuse } from './store/model-data.js'
import { modelAttachments, modelSearch, shownAttachment } from './store/model-inside.js'
import { ModelSpool } from './store/model-spool.js'

function possible<T>(arrange: () => T): T {
  try {
    return arrange()
  } catch (error) {
    throw error instanceof TooMuchToArrange ? refuse('too-much-to-arrange') : error
  }
}

export class ModelStore extends ModelControl implements Store {
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

  async search(id: MailboxId, text: SearchText | SearchDate, options: SearchOptions = {}): Promise<readonly Uid[]> {
    return modelSearch(this.box(id), this.contents, text, options)
  }

  async sort(messages: Arranged, criteria: readonly SortCriterion[]): Promise<Uint32Array> {
    return possible(() => sortMessages(this.#keysOf(messages), criteria, this.limits))
  }

  async thread(messages: Arranged, algorithm: ThreadAlgorithm): Promise<Int32Array> {
    return possible(() => threadMessages(this.#keysOf(messages), algorithm, this.limits))
  }

  #keysOf({ blobs, arrivals, sizes }: Arranged): KeySource {
    const keys = Array.from(blobs, (id) => this.content(id as BlobId)?.keys ?? null)
    return {
      count: blobs.length,
      arrivals,
      sizes,
      text: (key, at) => keys[at]?.[key] ?? null,
      sentDate: (at) => keys[at]?.sentDate ?? null,
      thread: (at) => keys[at] ?? null,
    }
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
  async collectGarbage({ dryRun }: { readonly dryRun: boolean }): Promise<Collected> {
    const nothing = { count: 0, octets: 0 }
    let expunged = 0
    for (const box of this.boxes) {
      const over = Math.max(0, box.expunged.length - this.limits.expungedPerMailbox)
      expunged += over
      if (dryRun) continue
      const gone = box.expunged.splice(0, over)
      box.expungedFloor = Math.max(box.expungedFloor, ...gone.map(({ modseq }) => modseq))
    }
    return { contents: nothing, inUse: 0, files: nothing, doubtful: 0, spool: nothing, deliveries: 0, expunged }
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
