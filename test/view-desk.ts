/** A mailbox of the model store and the view that a session has of it. */
import { FakeClock } from '../src/core/clock.js'
import type { MailboxId, Uid } from '../src/core/ids.js'
import { View } from '../src/imap/view.js'
import { FLAG } from '../src/store/changes.js'
import { ModelStore } from './model-store.js'

export class Desk {
  readonly store: ModelStore
  mailbox = 0 as MailboxId
  other = 0 as MailboxId

  constructor(pendingChanges = 100_000) {
    this.store = new ModelStore(new FakeClock(1_000_000), { pendingChanges })
  }

  static async with(messages: number, pendingChanges?: number): Promise<Desk> {
    const desk = new Desk(pendingChanges)
    await desk.store.addDomain('example.org')
    const mailboxes = ['INBOX', 'other'].map((name) => ({ name, specialUse: null }))
    const { id } = await desk.store.addUser({
      address: 'a@example.org',
      displayName: '',
      passwordHash: '',
      mailboxes,
    })
    const made = await desk.store.listMailboxes(id)
    desk.mailbox = made[0]?.id as MailboxId
    desk.other = made[1]?.id as MailboxId
    for (let i = 0; i < messages; i++) await desk.add()
    return desk
  }

  async add(mailbox = this.mailbox, keywords: readonly string[] = []): Promise<void> {
    const spool = this.store.newSpool()
    await spool.write(Buffer.from('x'))
    const blob = await spool.seal()
    await this.store.append(mailbox, [{ blob, flags: { system: 0, keywords }, internalDate: 0, internalZone: 0 }])
  }

  async expunge(...uids: number[]): Promise<void> {
    await this.store.setFlags(this.mailbox, uids as Uid[], 'add', { system: FLAG.deleted, keywords: [] })
    await this.store.expunge(this.mailbox, uids as Uid[])
  }

  flag(uid: number, bit: number, origin: string, silent = false): Promise<unknown> {
    const options = { origin, silent }
    return this.store.setFlags(this.mailbox, [uid as Uid], 'add', { system: bit, keywords: [] }, options)
  }

  async view(readOnly = false): Promise<View> {
    return new View(await this.store.openMailbox(this.mailbox, { recent: !readOnly }), { readOnly, origin: 'me' })
  }
}
