/** What must hold of any store at any time, seen from outside, and by its own check. */
import { expect } from 'vitest'
import { FLAG } from '../../src/store/changes.js'
import type { Mailbox, MailboxStatus, Store } from '../../src/store/store.js'
import { entriesOf } from './fixtures.js'

export async function checkInvariants(store: Store): Promise<void> {
  expect(await store.check()).toEqual([])
  const validities: number[] = []
  for (const user of await store.listUsers()) {
    const mailboxes = await store.listMailboxes(user.id)
    expect(mailboxes[0]?.name).toBe('INBOX')
    const statuses = await Promise.all(mailboxes.map((m) => checkMailbox(store, m)))
    const total = (pick: (s: MailboxStatus) => number): number => statuses.reduce((n, s) => n + pick(s), 0)
    expect(user).toMatchObject({
      mailboxes: mailboxes.length,
      messages: total((s) => s.messages),
      size: total((s) => s.size),
    })
    validities.push(...mailboxes.map((m) => m.uidValidity))
  }
  expect(new Set(validities).size).toBe(validities.length)
  await checkQueue(store)
}

/** The counters of each destination agree with those who wait for it; who is free is due there. */
async function checkQueue(store: Store): Promise<void> {
  const all = (await store.listRecipients({}, null, EVERYBODY)).filter(({ status }) => status !== 'failed')
  const counted = [...new Set(all.map((one) => one.destination))].map((destination) => {
    const those = all.filter((one) => one.destination === destination)
    const free = those.filter((one) => one.status === 'pending' && !one.claimed).map((one) => one.nextRetry)
    return {
      destination,
      pending: those.filter(({ status }) => status === 'pending').length,
      held: those.filter(({ status }) => status === 'held').length,
      nextRetry: free.length === 0 ? null : Math.min(...free),
    }
  })
  const said = (await store.destinationStats('', EVERYBODY)).filter(({ pending, held }) => pending + held > 0)
  expect(said).toHaveLength(counted.length)
  for (const stats of counted) expect(said).toContainEqual(expect.objectContaining(stats))
}

const EVERYBODY = 1_000_000

/** The counters agree with the messages; every message has its content and its index. */
async function checkMailbox(store: Store, { id, uidValidity }: Mailbox): Promise<MailboxStatus> {
  const status = await store.mailboxStatus(id)
  const entries = await entriesOf(store, id)
  const all = entries.map((e) => e.uid)
  expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
  expect(status).toMatchObject({
    uidValidity,
    messages: entries.length,
    unseen: entries.filter((e) => (e.system & FLAG.seen) === 0).length,
    deleted: entries.filter((e) => (e.system & FLAG.deleted) !== 0).length,
    size: entries.reduce((n, e) => n + e.size, 0),
    recent: entries.filter((e) => e.uid >= status.firstRecent).length,
  })
  expect(status.uidNext).toBeGreaterThan(all.at(-1) ?? 0)
  for (const entry of entries) expect(entry.modseq).toBeLessThanOrEqual(status.highestModSeq)
  const indexes = await store.indexes(entries.map((e) => e.blob))
  expect(indexes.map((index) => index?.size)).toEqual(entries.map((e) => e.size))
  expect((await store.keys(entries.map((e) => e.blob))).every((keys) => keys !== null)).toBe(true)
  return status
}
