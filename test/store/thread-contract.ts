/** MailStore: which messages belong together (decision 26), and what their ids are (RFC 8474). */
import { describe, expect } from 'vitest'
import type { MailboxId, Uid } from '../../src/core/ids.js'
import { FLAG } from '../../src/store/changes.js'
import type { ObjectIds, Store } from '../../src/store/store.js'
import { flags, inboxOf, type NewStore, newInbox, newUser, START, seal, uid } from './fixtures.js'
import { ruleOf } from './rule.js'

interface Letter {
  readonly id?: string
  readonly replyTo?: string
  readonly references?: string
  readonly text?: string
}

const letter = ({ id, replyTo, references, text = 'x' }: Letter): Buffer =>
  Buffer.from(
    [
      ...(id === undefined ? [] : [`Message-ID: <${id}@x>`]),
      ...(replyTo === undefined ? [] : [`In-Reply-To: <${replyTo}@x>`]),
      ...(references === undefined ? [] : [`References: ${references.replace(/\w+/g, '<$&@x>')}`]),
      '',
      text,
    ].join('\r\n'),
  )

async function append(store: Store, mailbox: MailboxId, ...letters: readonly Letter[]): Promise<ObjectIds[]> {
  const ids: ObjectIds[] = []
  for (const each of letters) {
    const blob = await seal(store, letter(each))
    const message = { blob, flags: flags(FLAG.deleted), internalDate: START, internalZone: 0 }
    const [added] = await store.append(mailbox, [message])
    ids.push(...(await store.objectIds(mailbox, [added?.uid as Uid])).filter((found) => found !== null))
  }
  return ids
}

/** The threads of these messages, each by the place of the first message in it. */
async function threads(store: Store, mailbox: MailboxId, ...letters: readonly Letter[]): Promise<number[]> {
  const ids = (await append(store, mailbox, ...letters)).map(({ threadId }) => threadId)
  expect(ids).not.toContain(null)
  return ids.map((id) => ids.indexOf(id))
}

export function threadContract(newStore: NewStore): void {
  const rule = ruleOf(newStore)

  describe('threads', () => {
    rule('are those of In-Reply-To, and of References', async (store) => {
      const { inbox } = await newInbox(store)
      const found = await threads(
        store,
        inbox,
        { id: 'a' },
        { id: 'b', replyTo: 'a' },
        { id: 'c', references: 'a b' },
        { id: 'd' },
        { references: 'd' },
        { replyTo: 'unknown', references: 'd' },
      )
      expect(found).toEqual([0, 0, 0, 3, 3, 3])
    })

    rule('In-Reply-To goes before References, and of these the last one', async (store) => {
      const { inbox } = await newInbox(store)
      const roots = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]
      const reply = { id: 'd', replyTo: 'a', references: 'b c' }
      expect(await threads(store, inbox, ...roots, reply, { id: 'e', references: 'a b c' })).toEqual([0, 1, 2, 0, 2])
    })

    rule('a late ancestor finds its descendants, which found each other by it', async (store) => {
      const { inbox } = await newInbox(store)
      const children = [
        { id: 'b', replyTo: 'a' },
        { id: 'c', references: 'a' },
        { id: 'e', references: 'a d' },
      ]
      expect(await threads(store, inbox, ...children, { id: 'a' }, { id: 'd' })).toEqual([0, 0, 0, 0, 0])
    })

    rule('a message keeps the thread that it has been given (RFC 8474 §5.2)', async (store) => {
      const { inbox } = await newInbox(store)
      const [root, child, parent] = await append(
        store,
        inbox,
        { id: 'a' },
        { id: 'c', replyTo: 'b' },
        { id: 'b', replyTo: 'a' },
      )
      expect([parent?.threadId, child?.threadId === root?.threadId]).toEqual([root?.threadId, false])
      const [again, later] = await append(store, inbox, { id: 'c', replyTo: 'b' }, { id: 'd', references: 'b' })
      expect([again?.threadId, later?.threadId]).toEqual([child?.threadId, root?.threadId])
      expect((await store.objectIds(inbox, [uid(2)]))[0]).toEqual(child)
    })

    rule('copies are in one thread, whatever the mailbox, also without a Message-ID', async (store) => {
      const user = await newUser(store, 'ann@example.test', 'Sent')
      const inbox = (await inboxOf(store, user)).id
      const sent = (await store.findMailbox(user.id, 'Sent'))?.id as MailboxId
      const [a, unnamed, other] = await append(store, inbox, { id: 'a' }, {}, { text: 'y' })
      expect(await append(store, sent, { id: 'a' }, {})).toEqual([a, unnamed])
      expect(new Set([a, unnamed, other].map((ids) => ids?.threadId)).size).toBe(3)
      const [edited] = await append(store, sent, { id: 'a', text: 'with a footer' })
      expect(edited?.threadId).toBe(a?.threadId)
      expect(edited?.emailId).not.toBe(a?.emailId)
    })

    rule('outlive the message that began them, and end with the last one', async (store) => {
      const { inbox } = await newInbox(store)
      const [a] = await append(store, inbox, { id: 'a' }, { id: 'b', replyTo: 'a' })
      await store.expunge(inbox, [uid(1)])
      expect((await append(store, inbox, { replyTo: 'a' }))[0]?.threadId).toBe(a?.threadId)
      await store.expunge(inbox, null)
      const [late] = await append(store, inbox, { id: 'c', replyTo: 'b' })
      expect(late?.threadId).not.toBe(a?.threadId)
      expect((await store.objectIds(inbox, [uid(1)]))[0]).toBeNull()
    })

    rule("are each user's own, and go with the user", async (store) => {
      const ann = await newInbox(store)
      const bob = await newInbox(store, 'bob@example.test')
      await append(store, ann.inbox, { id: 'b', replyTo: 'a' })
      expect(await threads(store, bob.inbox, { id: 'a' }, { id: 'c' }, { id: 'b' })).toEqual([0, 1, 2])
      await store.removeUser('ann@example.test')
    })

    rule('a message that names itself, or a thousand others, is in one thread', async (store) => {
      const { inbox } = await newInbox(store)
      const many = Array.from({ length: 1000 }, (_, i) => `m${i}`).join(' ')
      const found = await threads(
        store,
        inbox,
        { id: 'a', replyTo: 'a', references: 'a a' },
        { id: 'z', references: many },
        { id: 'm0' },
        { id: 'm999' },
        { id: 'm500' },
      )
      expect(found).toEqual([0, 1, 1, 1, 4])
    })

    rule('ids are what RFC 8474 §7 lets them be, and no thread has that of a message', async (store) => {
      const { inbox } = await newInbox(store)
      const [ids] = await append(store, inbox, {})
      expect(ids?.emailId).toMatch(/^M[\da-f]{40}$/)
      expect(ids?.threadId).toMatch(/^T[\da-f]{32}$/)
    })
  })
}
