/**
 * "250 means on disk": a server under load is killed without warning and started again. What it
 * acknowledged is there once, what was never sent whole is not there, and the data is sound.
 * CRASH_ROUNDS=n makes it n rounds (`npm run crash`).
 */
import { createHash, randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { appendLoad, type Ledger, smtpLoad, untilKilled } from './load.js'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3)
const USERS = ['alice', 'bob']

let site: TestSite
const ledger: Ledger = new Map()

beforeAll(async () => {
  site = await TestSite.create(USERS)
})
afterAll(() => site.remove())

async function loadAndKill(): Promise<void> {
  const server = await site.start()
  const loads = [
    ...Array.from({ length: 16 }, () => smtpLoad(server.ports, USERS, ledger)),
    ...Array.from({ length: 4 }, (_, i) => appendLoad(server.ports, USERS[i % 2] as string, site.password, ledger)),
  ].map(untilKilled)
  await wait(500 + randomInt(1500))
  await server.kill()
  await Promise.all(loads)
}

/** The ids found in the INBOX of a user, each with the hashes of the contents that carry it. */
async function inbox(server: RunningProcess, user: string): Promise<Map<string, string[]>> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: `${user}@posthorn.test`, pass: site.password },
    logger: false,
  })
  await client.connect()
  const { exists } = await client.mailboxOpen('INBOX')
  const found = new Map<string, string[]>()
  if (exists > 0) {
    for await (const { source } of client.fetch('1:*', { source: true })) {
      const octets = source as Buffer
      const content = octets.subarray(octets.indexOf('From: <load@example.org>'))
      const id = /X-Id: (\w+)/.exec(content.toString('latin1', 0, 200))?.[1] ?? 'none'
      found.set(id, [...(found.get(id) ?? []), createHash('sha256').update(content).digest('hex')])
    }
  }
  await client.logout()
  return found
}

function expectPromisesKept(user: string, found: ReadonlyMap<string, readonly string[]>): void {
  for (const [id, { to, state, sha256 }] of ledger) {
    const copies = found.get(id) ?? []
    if (to.includes(user) && state === 'acknowledged') expect(copies, `acknowledged ${id}`).toEqual([sha256])
    else if (to.includes(user) && state === 'whole') expect([[], [sha256]], `unanswered ${id}`).toContainEqual(copies)
    else expect(copies, `never sent whole, or not to ${user}: ${id}`).toEqual([])
  }
  for (const id of found.keys()) expect(ledger.has(id), `nobody sent ${id}`).toBe(true)
}

test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
  'round %i: killed under load, nothing acknowledged is lost',
  async () => {
    await loadAndKill()
    const server = await site.start()
    for (const user of USERS) expectPromisesKept(user, await inbox(server, user))
    expect(await server.stop()).toBe(0)
    await site.cli(['store', 'check'])
    expect([...ledger.values()].some(({ state }) => state === 'acknowledged')).toBe(true)
  },
  120_000,
)
