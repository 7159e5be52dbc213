/**
 * "250 means on disk": a server under load is killed without warning and started again. What it
 * acknowledged is there once, what was never sent whole is not there, and the data is sound.
 * CRASH_ROUNDS=n makes it n rounds (`npm run crash`).
 */
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestSite } from '../../bench/server-process.js'
import { appendLoad, type Ledger, smtpLoad, untilKilled } from './load.js'
import { expectPromisesKept } from './promises.js'

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

test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
  'round %i: killed under load, nothing acknowledged is lost',
  async () => {
    await loadAndKill()
    const server = await site.start()
    for (const user of USERS) await expectPromisesKept(user, ledger, server, site.password)
    expect(await server.stop()).toBe(0)
    await site.cli(['store', 'check'])
    expect([...ledger.values()].some(({ state }) => state === 'acknowledged')).toBe(true)
  },
  120_000,
)
