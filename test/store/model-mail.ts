/** Mailboxes and messages of the model store, as MailStore's docstrings have them: lists of objects, looked through each time. */
import { createHash } from 'node:crypto'
import type { AccountId, BlobId, MailboxId, ModSeq, Uid } from '../../src/core/ids.js'
import { storeLimits } from '../../src/core/limits.js'
import type { MessageIndex } from '../../src/message/index-types.js'
import type { MessageKeys } from '../../src/message/message-keys.js'
import { FLAG, type Flags, type MessageEntry } from '../../src/store/changes.js'
import { chargeOf, type Threshold } from '../../src/store/quota.js'
import type { SealedBlob } from '../../src/store/spool.js'
import type {
  Appended,
  BlobReader,
  Copied,
  FlagMode,
  MailboxStatus,
  MailStore,
  NewMessage,
  ObjectIds,
  OpenMailbox,
} from '../../src/store/store.js'
import { UidRanges } from '../../src/store/uid-ranges.js'
import { type Box, type Content, combine, inOrder, must, refuse, sameFlags, sum, toMailbox } from './model-data.js'
import { ModelSubscription } from './model-feed.js'
import { ModelNames } from './model-names.js'
import { ModelThreads } from './model-threads.js'

export abstract class ModelMail extends ModelNames implements MailStore {
  protected readonly contents: Content[] = []
  readonly #threads = new ModelThreads()

  /** Whether something beside the mailboxes names it. */
  protected abstract isQueued(blob: BlobId): boolean

  async mailboxStatus(id: MailboxId): Promise<MailboxStatus> {
    const { messages, uidNext, uidValidity, modseq, firstRecent } = this.box(id)
    return {
      messages: messages.length,
      unseen: messages.filter((m) => !(m.system & FLAG.seen)).length,
      deleted: messages.filter((m) => m.system & FLAG.deleted).length,
      size: sum(messages.map((m) => m.size)),
      uidNext,
      uidValidity,
      highestModSeq: modseq as ModSeq,
      firstRecent,
      recent: messages.filter((m) => m.uid >= firstRecent).length,
    }
  }

  async deletedCharge(id: MailboxId): Promise<number> {
    const { messages, exempt } = this.box(id)
    const charged = messages.filter((m) => m.system & FLAG.deleted && !exempt.has(m.uid))
    return sum(charged.map((m) => chargeOf(m.size)))
  }

  async append(id: MailboxId, messages: readonly NewMessage[], origin?: string): Promise<readonly Appended[]> {
    const box = this.box(id)
    this.demandRoom(
      box,
      messages.map((m) => m.blob.size),
    )
    const learned = this.learn(
      box,
      messages.flatMap((m) => m.flags.keywords),
    )
    const stored = messages.map((m) => ({ ...m, content: this.keep(m.blob) }))
    return this.add(box, learned, stored, origin ?? null)
  }

  protected add(
    box: Box,
    keywords: readonly string[],
    messages: readonly (Omit<NewMessage, 'blob'> & { readonly content: Content })[],
    origin: string | null,
    exempt = false,
  ): readonly Appended[] {
    if (messages.length === 0) return []
    const modseq = ++box.modseq as ModSeq
    box.keywords.splice(0, box.keywords.length, ...keywords)
    const entries = messages.map(
      ({ content, flags, internalDate, internalZone }): MessageEntry => ({
        uid: box.uidNext++ as Uid,
        modseq,
        system: flags.system & 31,
        keywords: inOrder(box, flags.keywords),
        size: content.bytes.length,
        internalDate,
        internalZone,
        blob: content.id,
      }),
    )
    box.messages = [...box.messages, ...entries]
    if (exempt) for (const { uid } of entries) box.exempt.add(uid)
    for (const [i, { content }] of messages.entries()) this.#thread(box, must(entries[i]).uid, content)
    this.publish(box.account, { type: 'added', mailbox: box.id, entries, origin })
    this.watch(box.account)
    return entries.map(({ uid }) => ({ uidValidity: box.uidValidity, uid, modseq }))
  }

  async copy(
    source: MailboxId,
    uids: readonly Uid[],
    target: MailboxId,
    { origin, whole = false }: { readonly origin?: string; readonly whole?: boolean } = {},
  ): Promise<Copied> {
    const { from, to, entries } = this.#chosen(source, uids, target)
    if (whole && entries.length < new Set(uids).size) throw refuse('no-such-message')
    this.demandRoom(
      to,
      entries.map((m) => m.size),
    )
    const learned = this.learn(
      to,
      entries.flatMap((m) => m.keywords),
    )
    const copies = entries.map((m) => ({
      ...m,
      flags: m,
      content: must(this.contents.find((c) => c.id === m.blob)),
    }))
    const added = this.add(to, learned, copies, origin ?? null)
    for (const [i, { uid }] of added.entries()) {
      const thread = from.threads.get(must(entries[i]).uid)
      if (thread !== undefined) to.threads.set(uid, thread)
    }
    return { uidValidity: to.uidValidity, from: entries.map((m) => m.uid), to: added.map(({ uid }) => uid) }
  }

  async move(source: MailboxId, uids: readonly Uid[], target: MailboxId, origin?: string): Promise<Copied> {
    const { from, to, entries } = this.#chosen(source, uids, target)
    const made = this.moveEntries(from, to, entries, origin ?? null)
    return { uidValidity: to.uidValidity, from: entries.map((m) => m.uid), to: made }
  }

  #chosen(source: MailboxId, uids: readonly Uid[], target: MailboxId): { from: Box; to: Box; entries: MessageEntry[] } {
    const [from, to] = [this.box(source), this.box(target)]
    if (from.account !== to.account) throw refuse('no-such-mailbox')
    return { from, to, entries: from.messages.filter((m) => uids.includes(m.uid)) }
  }

  #thread(box: Box, uid: Uid, content: Content): void {
    const live = this.boxes.filter((b) => b.account === box.account).flatMap((b) => [...b.threads.values()])
    box.threads.set(uid, this.#threads.join(box.account, content, new Set(live)))
  }

  async objectIds(id: MailboxId, uids: readonly Uid[]): Promise<readonly (ObjectIds | null)[]> {
    const { messages, threads } = this.box(id)
    return uids.map((uid) => {
      const content = this.contents.find((c) => c.id === messages.find((m) => m.uid === uid)?.blob)
      return content === undefined
        ? null
        : { emailId: `M${content.sha256.slice(0, 40)}`, threadId: threads.get(uid) ?? null }
    })
  }

  async giveNotice(account: AccountId, threshold: Threshold, message: NewMessage): Promise<MailboxId | null> {
    const box = this.boxes.find((b) => b.account === account && b.name === 'INBOX')
    if (box === undefined || !this.noticed(account, threshold)) return null
    const kept = sum(this.boxes.filter((b) => b.account === account).map((b) => b.exempt.size))
    const stored = [{ ...message, content: this.keep(message.blob) }]
    if (kept < this.limits.quotaWarnings) this.add(box, box.keywords, stored, null, true)
    return box.id
  }

  protected keep({ sha256, index, keys, content }: SealedBlob): Content {
    const known = this.contents.find((c) => createHash('sha256').update(c.bytes).digest('hex') === sha256)
    if (known !== undefined) return known
    if (content.kind === 'file') throw new Error('the model keeps everything in memory')
    const kept = { id: ++this.lastId as BlobId, sha256, bytes: Buffer.from(content.bytes), index, keys }
    this.contents.push(kept)
    return kept
  }

  async setFlags(
    id: MailboxId,
    uids: readonly Uid[],
    mode: FlagMode,
    flags: Flags,
    { origin, silent = false }: { readonly origin?: string; readonly silent?: boolean } = {},
  ): Promise<readonly MessageEntry[]> {
    const box = this.box(id)
    const chosen = box.messages.filter((m) => uids.includes(m.uid))
    const keywords = mode === 'remove' || chosen.length === 0 ? box.keywords : this.learn(box, flags.keywords)
    box.keywords.splice(0, box.keywords.length, ...keywords)
    const modseq = (box.modseq + 1) as ModSeq
    const changed = chosen
      .map((m) => ({ ...m, ...combine(box, m, mode, flags), modseq }))
      .filter((after) => !sameFlags(after, must(chosen.find((m) => m.uid === after.uid))))
    if (changed.length > 0) {
      box.modseq = modseq
      box.messages = box.messages.map((m) => changed.find((c) => c.uid === m.uid) ?? m)
      const change = { type: 'flags', mailbox: id, entries: changed, origin: origin ?? null, silent } as const
      this.publish(box.account, change)
    }
    return box.messages.filter((m) => uids.includes(m.uid))
  }

  async expunge(id: MailboxId, uids: readonly Uid[] | null, origin?: string): Promise<readonly Uid[]> {
    const box = this.box(id)
    const gone = box.messages.filter((m) => m.system & FLAG.deleted && (uids === null || uids.includes(m.uid)))
    if (gone.length === 0) return []
    const modseq = ++box.modseq as ModSeq
    box.messages = box.messages.filter((m) => !gone.includes(m))
    for (const { uid } of gone) {
      box.threads.delete(uid)
      box.exempt.delete(uid)
      box.expunged.push({ modseq, uid })
    }
    this.publish(box.account, { type: 'expunged', mailbox: id, modseq, entries: gone, origin: origin ?? null })
    this.watch(box.account)
    return gone.map((m) => m.uid)
  }

  async expungedSince(id: MailboxId, since: ModSeq): Promise<readonly Uid[] | null> {
    const box = this.box(id)
    if (since < box.expungedFloor) return null
    const gone = box.expunged.filter(({ modseq }) => modseq > since)
    return gone.map(({ uid }) => uid as Uid).sort((a, b) => a - b)
  }

  async openMailbox(id: MailboxId, { recent }: { readonly recent: boolean }): Promise<OpenMailbox> {
    const box = this.box(id)
    const firstRecent = box.firstRecent
    if (recent) box.firstRecent = box.uidNext
    const changes = new ModelSubscription(box.account, id, this.limits.pendingChanges, () =>
      this.subscriptions.delete(changes),
    )
    this.subscriptions.add(changes)
    const entry = (uid: Uid): MessageEntry | null => box.messages.find((m) => m.uid === uid) ?? null
    const state = {
      get count() {
        return box.messages.length
      },
      get uidNext() {
        return box.uidNext
      },
      get uids() {
        return Uint32Array.from(box.messages, (m) => m.uid)
      },
      keywords: box.keywords,
      entry,
      firstWithout: (system: number) => box.messages.find((m) => (m.system & system) === 0)?.uid ?? null,
    }
    const uids = UidRanges.of(state.uids)
    const highestModSeq = box.modseq as ModSeq
    return { mailbox: toMailbox(box), state, uids, changes, highestModSeq, firstRecent, close: () => changes.close() }
  }

  async claimRecent(id: MailboxId, before: number): Promise<void> {
    const box = this.box(id)
    box.firstRecent = Math.max(box.firstRecent, Math.min(before, box.uidNext))
  }

  async indexes(blobs: readonly BlobId[]): Promise<readonly (MessageIndex | null)[]> {
    return blobs.map((id) => this.content(id)?.index ?? null)
  }

  async keys(blobs: readonly BlobId[]): Promise<readonly (MessageKeys | null)[]> {
    return blobs.map((id) => this.content(id)?.keys ?? null)
  }

  async openBlob(id: BlobId): Promise<BlobReader | null> {
    const bytes = this.content(id)?.bytes
    if (bytes === undefined) return null
    return {
      size: bytes.length,
      bytes: bytes.length < storeLimits.inlineBlobOctets ? bytes : null,
      async *read(start, end) {
        for (let at = start; at < Math.min(end, bytes.length); at += 65_536) {
          yield bytes.subarray(at, Math.min(at + 65_536, end))
        }
      },
    }
  }

  /** Contents stay as long as a message, a queue entry or an untaken 'expunged' names them. */
  protected content(id: BlobId): Content | undefined {
    const named =
      this.boxes.some((b) => b.messages.some((m) => m.blob === id)) ||
      this.isQueued(id) ||
      [...this.subscriptions].some((s) => s.names(id))
    return named ? this.contents.find((c) => c.id === id) : undefined
  }
}
