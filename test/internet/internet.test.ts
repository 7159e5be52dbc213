/**
 * A small internet of domains of all kinds, hosts that do anything, and our server in between, which is killed without
 * warning now and then: each recipient gets the message once, or its sender is told once that it will not.
 *
 * INTERNET_MESSAGES=n and INTERNET_KILLS=n for more of it (`npm run internet`), INTERNET_SEED for the same chances again.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/ids.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store } from '../../src/store/store.js'
import { Dice } from '../dice.js'
import { checkInvariants } from '../store/check-invariants.js'
import { entriesOf, read } from '../store/fixtures.js'
import { type Handing, handIn, SENDER } from './senders.js'
import { hopeless, type Internet, startInternet } from './world.js'

const MESSAGES = Number(process.env['INTERNET_MESSAGES'] ?? 200)
const KILLS = Number(process.env['INTERNET_KILLS'] ?? 2)
const SEED = Number(process.env['INTERNET_SEED'] ?? randomInt(2 ** 31))
const DOMAINS = 300
const SENDERS = 8
/** So much faster is the server's clock: minutes of waiting are seconds. */
const SPEED = 50

const fastClock = new URL('fast-clock.mjs', import.meta.url).href
const START = Date.now()
const environment = { NODE_OPTIONS: `--import ${fastClock}`, POSTHORN_TEST_CLOCK: `${SPEED}:${START}` }

let internet: Internet
let site: TestSite

beforeAll(async () => {
  internet = await startInternet(SEED, DOMAINS)
  site = await TestSite.create(
    [SENDER.split('@')[0] ?? ''],
    `[queue]
port = ${internet.port}
dns_servers = ["127.0.0.1:${internet.dns}"]
retry_schedule = ["1m", "1m", "1m", "2m", "2m", "2m", "2m", "2m", "2m"]
[submission]
messages_per_hour = 0
recipients_per_hour = 0`,
  )
})
afterAll(async () => {
  await site?.remove()
  await internet?.close()
})

/** The server that runs now, and all that servers have logged. */
class Servers {
  readonly logs: (readonly string[])[] = []
  #running: Promise<RunningProcess> = this.#start()

  readonly current = (): Promise<RunningProcess> => this.#running

  async #start(): Promise<RunningProcess> {
    const server = await site.start(environment)
    this.logs.push(server.log)
    return server
  }

  async killAndStart(): Promise<void> {
    const running = await this.#running
    this.#running = running.kill().then(() => this.#start())
    await this.#running
  }

  /** Message ids and recipients that may have been delivered without the server's knowing. */
  get interrupted(): number {
    return this.logs.flat().filter((line) => line.includes('"Delivery interrupted"')).length
  }
}

async function untilNothingWaits(): Promise<void> {
  for (;;) {
    const { pending, held, failed } = JSON.parse(await site.cli(['queue', 'stats', '--json'])) as Record<string, number>
    if (Number(pending) + Number(held) + Number(failed) === 0) return
    await wait(500)
  }
}

async function onData(look: (store: Store) => Promise<void>): Promise<void> {
  const store = await openSqliteStore({ dir: join(site.dir, 'data'), clock: systemClock, random: systemRandom })
  try {
    await look(store)
  } finally {
    await store.close()
  }
}

/** How often the sender was told that a recipient failed, by `id recipient`. */
async function bounces(store: Store): Promise<Map<string, number>> {
  const user = await store.findUser(SENDER)
  const inbox = user === null ? null : await store.findMailbox(user.id, 'INBOX')
  if (inbox === null) throw new Error('the sender is gone')
  const found = new Map<string, number>()
  for (const { blob } of await entriesOf(store, inbox.id)) {
    const text = String(await read(store, blob))
    const id = /^X-Id: (\S+)/m.exec(text)?.[1]
    for (const [, recipient] of text.matchAll(/^Final-Recipient: rfc822; (\S+)\r\nAction: failed/gm)) {
      const key = `${id} ${recipient}`
      found.set(key, (found.get(key) ?? 0) + 1)
    }
  }
  return found
}

/** Each recipient of a message that was taken has it once or bounced once; nobody has anything twice but for crashes. */
function expectOnce(handing: Handing, bounced: ReadonlyMap<string, number>, interrupted: number): void {
  let twice = 0
  for (const [id, { recipients, taken }] of handing)
    for (const recipient of recipients) {
      const key = `${id} ${recipient}`
      const [got, told] = [internet.taken.counts.get(key) ?? 0, bounced.get(key) ?? 0]
      if (taken) expect(got + told, `seed ${SEED}: ${key}: delivered ${got}, bounced ${told}`).toBeGreaterThan(0)
      twice += Math.max(0, got + told - 1)
      if (hopeless(recipient.split('@')[1] ?? '') || recipient.startsWith('nobody')) expect(got, key).toBe(0)
      if (recipient.startsWith('ok') && /@(?:good|second|plain|old|alias|chunking)\d/.test(recipient))
        expect(told, key).toBe(0)
    }
  expect(twice, `seed ${SEED}: ${interrupted} were interrupted`).toBeLessThanOrEqual(interrupted)
}

test(`seed ${SEED}: every recipient ends once`, async () => {
  const servers = new Servers()
  const handing: Handing = new Map()
  const load = {
    server: servers.current,
    password: site.password,
    domains: internet.domains,
    messages: MESSAGES,
    handing,
  }
  const senders = Array.from({ length: SENDERS }, (_, i) => handIn({ ...load, dice: new Dice(SEED + i) }))
  for (let i = 0; i < KILLS; i++) {
    await wait(500 + randomInt(2_500))
    await servers.killAndStart()
  }
  await Promise.all(senders)
  await untilNothingWaits()
  expect(await (await servers.current()).stop()).toBe(0)
  await onData(async (store) => {
    await checkInvariants(store)
    expectOnce(handing, await bounces(store), servers.interrupted)
  })
  expect(internet.taken.transactions).toBeGreaterThan(0)
}, 1_800_000)
