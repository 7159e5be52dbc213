/** The mailboxes of the model store by name, as MailboxStore's docstrings have them. */
import type { AccountId, MailboxId, ModSeq, Uid } from '../../src/core/ids.js'
import type { MessageEntry } from '../../src/store/changes.js'
import { demandGoodName, isBelow, levelsAbove } from '../../src/store/mailbox-name.js'
import type { Mailbox, MailboxStore, NewMailbox } from '../../src/store/store.js'
import { type Box, byBytes, fold, inbox, inOrder, refuse, toMailbox } from './model-data.js'
import { ModelQuotas } from './model-quotas.js'

export abstract class ModelNames extends ModelQuotas implements MailboxStore {
  readonly #retired = new Map<AccountId, number>()

  async listMailboxes(account: AccountId): Promise<readonly Mailbox[]> {
    return this.boxes
      .filter((b) => b.account === account)
      .sort((a, b) => Number(b.name === 'INBOX') - Number(a.name === 'INBOX') || byBytes(a.name, b.name))
      .map(toMailbox)
  }

  async findMailbox(account: AccountId, name: string): Promise<Mailbox | null> {
    const box = this.#named(account, inbox(name))
    return box === undefined ? null : toMailbox(box)
  }

  async findMailboxAnyCase(account: AccountId, name: string): Promise<Mailbox | null> {
    const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    const alike = (await this.listMailboxes(account)).filter((m) => lower(m.name) === lower(inbox(name)))
    return alike.find((m) => m.name === inbox(name)) ?? alike[0] ?? null
  }

  async createMailbox(account: AccountId, mailbox: NewMailbox): Promise<Mailbox> {
    return toMailbox(this.#make(account, mailbox))
  }

  #make(account: AccountId, mailbox: NewMailbox): Box {
    if (!this.accounts.some((a) => a.id === account)) throw refuse('no-such-user')
    const name = inbox(mailbox.name)
    demandGoodName(name, this.limits)
    if (this.#named(account, name) !== undefined) throw refuse('mailbox-exists')
    const missing = this.#missingAbove(account, name)
    this.#demandMailboxes(account, missing.length + 1)
    for (const level of missing) this.makeBox(account, { name: level, specialUse: null }, false)
    return this.makeBox(account, mailbox, false)
  }

  #missingAbove(account: AccountId, name: string): string[] {
    return [...levelsAbove(name)].filter((level) => this.#named(account, level) === undefined)
  }

  #demandMailboxes(account: AccountId, more: number): void {
    const n = this.boxes.filter((b) => b.account === account).length
    if (n + more > this.limits.mailboxesPerAccount) throw refuse('too-many-mailboxes')
  }

  protected box(id: MailboxId): Box {
    const box = this.boxes.find((b) => b.id === id)
    if (box === undefined) throw refuse('no-such-mailbox')
    return box
  }

  #named(account: AccountId, name: string): Box | undefined {
    return this.boxes.find((b) => b.account === account && b.name === name)
  }

  #below(account: AccountId, name: string): Box[] {
    return this.boxes
      .filter((b) => b.account === account && isBelow(b.name, name))
      .sort((a, b) => byBytes(a.name, b.name))
  }

  async deleteMailbox(account: AccountId, given: string): Promise<MailboxId> {
    const name = inbox(given)
    if (name === 'INBOX') throw refuse('inbox-stays')
    const box = this.#named(account, name)
    if (box === undefined)
      throw refuse(this.#below(account, name).length > 0 ? 'mailbox-has-children' : 'no-such-mailbox')
    this.boxes = this.boxes.filter((b) => b !== box)
    this.#retire(box)
    this.publish(account, { type: 'mailbox-deleted', mailbox: box.id, name })
    this.watch(account)
    return box.id
  }

  #retire({ account, uidValidity }: Box): void {
    this.#retired.set(account, Math.max(uidValidity, this.#retired.get(account) ?? 0))
  }

  async renameMailbox(account: AccountId, given: string, target: string, origin?: string): Promise<void> {
    const [from, to] = [inbox(given), inbox(target)]
    if (from === 'INBOX') {
      this.#moveAll(this.#named(account, from), this.#make(account, { name: to, specialUse: null }), origin ?? null)
      return
    }
    const named = [this.#named(account, from) ?? [], this.#below(account, from)].flat()
    if (named.length === 0) throw refuse('no-such-mailbox')
    if (isBelow(to, from)) throw refuse('bad-mailbox-name')
    const next = named.map(({ name }) => to + name.slice(from.length))
    const others = this.boxes.filter((b) => b.account === account && !named.includes(b))
    if (to === from || this.#named(account, to) !== undefined) throw refuse('mailbox-exists')
    const above = this.#missingAbove(account, to)
    this.#demandMailboxes(account, above.length)
    for (const name of next) demandGoodName(name, this.limits)
    if (others.some(({ name }) => next.includes(name))) throw refuse('mailbox-exists')
    for (const level of above) this.makeBox(account, { name: level, specialUse: null }, false)
    this.#rename(account, named, next)
  }

  #rename(account: AccountId, named: readonly Box[], next: readonly string[]): void {
    const retired = this.#retired.get(account) ?? 0
    for (const [i, box] of named.entries()) {
      const { name } = box
      box.name = next[i] ?? ''
      this.#retire(box)
      if (box.uidValidity < retired) box.uidValidity = this.nextUidValidity()
      this.publish(account, { type: 'mailbox-renamed', mailbox: box.id, name, to: box.name })
    }
  }

  #moveAll(from: Box | undefined, to: Box, origin: string | null): void {
    if (from !== undefined) this.moveEntries(from, to, from.messages, origin)
  }

  /** All that belongs to them goes along. @throws 'too-many-keywords' */
  protected moveEntries(from: Box, to: Box, entries: readonly MessageEntry[], origin: string | null): readonly Uid[] {
    if (entries.length === 0) return []
    const keywords = this.learn(
      to,
      entries.flatMap((m) => m.keywords),
    )
    to.keywords.splice(0, to.keywords.length, ...keywords)
    const removed = ++from.modseq as ModSeq
    const added = ++to.modseq as ModSeq
    from.messages = from.messages.filter((m) => !entries.includes(m))
    const moved = entries.map((m) => {
      const uid = to.uidNext++ as Uid
      const thread = from.threads.get(m.uid)
      if (thread !== undefined) to.threads.set(uid, thread)
      if (from.exempt.has(m.uid)) to.exempt.add(uid)
      from.threads.delete(m.uid)
      from.exempt.delete(m.uid)
      return { ...m, uid, modseq: added, keywords: inOrder(to, m.keywords) }
    })
    to.messages = [...to.messages, ...moved]
    for (const { uid } of entries) from.expunged.push({ modseq: removed, uid })
    this.publish(from.account, { type: 'expunged', mailbox: from.id, modseq: removed, entries, origin })
    this.publish(to.account, { type: 'added', mailbox: to.id, entries: moved, origin })
    return moved.map((m) => m.uid)
  }

  /** The keywords of `box` with `names` behind them. @throws 'too-many-keywords' */
  protected learn(box: Box, names: readonly string[]): readonly string[] {
    const all = [...box.keywords]
    for (const name of names) if (!all.some((k) => fold(k) === fold(name))) all.push(name)
    if (all.length > this.limits.keywordsPerMailbox && all.length > box.keywords.length) {
      throw refuse('too-many-keywords')
    }
    return all
  }

  async listSubscriptions(account: AccountId): Promise<readonly string[]> {
    return this.#subscriptions(account).sort(byBytes)
  }

  #subscriptions(account: AccountId): string[] {
    const mark = `${account} `
    return [...this.subscribed].filter((key) => key.startsWith(mark)).map((key) => key.slice(mark.length))
  }

  async setSubscription(account: AccountId, given: string, subscribed: boolean): Promise<void> {
    const name = inbox(given)
    const key = `${account} ${name}`
    if (!subscribed) {
      this.subscribed.delete(key)
      return
    }
    if (this.#named(account, name) === undefined && this.#below(account, name).length === 0)
      throw refuse('no-such-mailbox')
    if (!this.subscribed.has(key) && this.#subscriptions(account).length >= this.limits.subscriptionsPerAccount)
      throw refuse('too-many-subscriptions')
    this.subscribed.add(key)
  }
}
