/** Any sequence of what is done with the queue leaves SQLite and the model in the same state, also across crashes, and the check clean. */
import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ModelStore } from '../../../test/model-store.js'
import { newInbox, octets, START, seal, settle } from '../../../test/store/fixtures.js'
import { killedCopy } from '../../../test/store/killed-copy.js'
import { type SqliteFolder, sqliteFolder } from '../../../test/store/sqlite-folder.js'
import { FakeClock } from '../../core/clock.js'
import { systemRandom } from '../../core/ids.js'
import { StoreError } from '../errors.js'
import type { Claim, Delivery, Notify, OwedReport, QueueAction, QueueFilter, RecipientResult, Store } from '../store.js'
import { checkData } from './check.js'
import { openSqliteStore } from './open.js'

type Result = RecipientResult['kind']

type Step =
  | {
      readonly do: 'send'
      readonly to: readonly { readonly name: number; readonly at: number; readonly notify: readonly Notify[] | null }[]
      readonly local: boolean
      readonly from: string
    }
  | { readonly do: 'claim'; readonly at: number; readonly messages: number; readonly recipients: number }
  | {
      readonly do: 'record'
      readonly which: number
      readonly results: readonly Result[]
      readonly wait: number
      readonly said: boolean
    }
  | { readonly do: 'report'; readonly drop: boolean }
  | { readonly do: 'warn'; readonly age: number; readonly limit: number }
  | { readonly do: 'control'; readonly action: QueueAction; readonly filter: QueueFilter }
  | { readonly do: 'pause'; readonly at: number; readonly paused: boolean }
  | { readonly do: 'restart'; readonly killed: boolean }
  | { readonly do: 'release' }

const small = fc.integer({ min: 0, max: 3 })
/** Few, so that they are met again. */
const destination = fc.integer({ min: 0, max: 1 })
const notify = fc.option(fc.subarray<Notify>(['success', 'failure', 'delay']))
const result = fc.constantFrom<Result>('delivered', 'deferred', 'failed', 'released')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('send'),
      to: fc.array(fc.record({ name: small, at: destination, notify }), { maxLength: 5 }),
      local: fc.boolean(),
      from: fc.constantFrom('eve@far.test', 'eve@far.test', ''),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('claim'), at: destination, messages: small, recipients: small }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('record'),
      which: small,
      results: fc.array(result, { minLength: 1, maxLength: 4 }),
      wait: small,
      said: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('report'), drop: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('warn'), age: small, limit: small }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('control'),
      action: fc.constantFrom<QueueAction>('retry', 'hold', 'release', 'fail', 'drop'),
      filter: fc.oneof(
        fc.record({ recipient: small.map((n) => `r${n}@`) }),
        fc.record({ domain: destination.map((n) => `d${n}.test`), recipient: small.map((n) => `r${n}@`) }),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pause'), at: destination, paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart'), killed: fc.boolean() }) },
)

const RUNS = Number(process.env['MODEL_RUNS'] ?? 4)
const LIMITS = { reportWait: 2 }
const EVER = Number.MAX_SAFE_INTEGER

/** One store, and the claims that a runner has of it. */
class Side {
  store: Store
  readonly #restart: (killed: boolean) => Promise<Store>
  readonly #local: Delivery
  #claims: Claim[] = []
  #now = START
  #sent = 0

  constructor(store: Store, local: Delivery, restart: (killed: boolean) => Promise<Store>) {
    this.store = store
    this.#local = local
    this.#restart = restart
  }

  /** What the step answers, without ids that differ between stores. */
  async take(step: Step): Promise<unknown> {
    this.#now++
    switch (step.do) {
      case 'send':
        return this.#send(step)
      case 'claim':
        return this.#claim(step)
      case 'record':
        return this.#record(step)
      case 'report':
        return this.#report(step.drop)
      case 'warn':
        return this.store.warnDelayed(this.#now - step.age, this.#now, step.limit)
      case 'control':
        return this.store.control(step.action, step.filter)
      case 'pause':
        return refusalOf(this.#pause(step.paused, `d${step.at}.test`))
      case 'release':
        return this.store.releaseClaims()
      case 'restart':
        this.store = await this.#restart(step.killed)
        return this.store.releaseClaims()
    }
  }

  #pause(paused: boolean, destination: string): Promise<void> {
    return paused ? this.store.pauseDestination(destination) : this.store.resumeDestination(destination)
  }

  async #send({ to, local, from }: Extract<Step, { do: 'send' }>): Promise<void> {
    const id = `q${1000 + this.#sent++}`
    const dsn = (notify: readonly Notify[] | null) => ({ notify, originalRecipient: null })
    const remote = to.map(
      ({ name, at, notify }): Delivery => ({
        kind: 'remote',
        recipient: `r${name}@d${at}.test`,
        dsn: dsn(notify),
      }),
    )
    const deliveries = local ? [...remote, { ...this.#local, dsn: dsn(to[0]?.notify ?? null) }] : remote
    const expanded = to.slice(3).map(({ name }) => ({ recipient: `list${name}@x.test`, dsn: dsn(['success']) }))
    const blob = await seal(this.store, octets(id))
    await this.store.accept({ id, from, deliveries, expanded, blob, receivedAt: this.#now })
  }

  async #claim({ at, messages, recipients }: Extract<Step, { do: 'claim' }>): Promise<unknown> {
    const claims = await this.store.claimDue({
      destination: `d${at}.test`,
      now: this.#now,
      messages: messages + 1,
      recipients: recipients + 1,
    })
    this.#claims.push(...claims)
    return claims.map(({ blob: _, ...claim }) => claim)
  }

  /** Of a claim that is known, whether or not somebody has released it; now and then of one that never was. */
  async #record({ which, results, wait, said }: Extract<Step, { do: 'record' }>): Promise<void> {
    const [claim] = this.#claims.splice(which % Math.max(1, this.#claims.length), 1)
    await this.store.recordAttempt({
      message: claim?.id ?? 'q1000',
      at: this.#now,
      host: said ? 'mx.d.test [192.0.2.1]' : null,
      transcript: said ? `S: 220 ${this.#now}` : null,
      results: (claim?.recipients ?? [{ recipient: 'r0@d0.test', retryCount: 0 }]).map(({ recipient, retryCount }, i) =>
        resultOf(results[i % results.length] ?? 'failed', recipient, retryCount, this.#now + wait),
      ),
    })
  }

  async #report(drop: boolean): Promise<unknown> {
    const [report] = await this.store.listReports(this.#now, null, 1)
    if (report === undefined) return null
    const recipients = report.recipients.map(({ recipient, kind }) => ({ recipient, kind }))
    const settles = { message: report.id, recipients }
    if (drop) return this.store.dropReports(settles)
    const id = `r${1000 + this.#sent++}`
    const blob = await seal(this.store, octets(id))
    const told = { id, from: '', deliveries: [this.#local], blob, receivedAt: this.#now, settles }
    return refusalOf(this.store.accept(told))
  }

  /** All that can be seen. */
  async state(): Promise<unknown> {
    const { store } = this
    const finished = await store.listFinished({}, null, 999)
    const dues = await store.dueDestinations(EVER, 99)
    return {
      queue: await store.listRecipients({}, null, 999),
      stats: [await store.queueStats(), await store.destinationStats('', 99)],
      finished: finished.map(({ serial: _, ...one }) => one),
      said: await Promise.all(finished.map((one) => store.transcript(one))),
      dues,
      next: [await store.nextDue(0), await store.nextDue(this.#now), await store.nextReport(this.#now)],
      reports: (await store.listReports(EVER, null, 99)).map(withoutBlob),
      unwarned: await store.oldestUnwarned(),
    }
  }
}

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof StoreError ? error.refusal : Promise.reject(error)),
  )

const withoutBlob = ({ blob: _, ...report }: OwedReport): unknown => report

function resultOf(kind: Result, recipient: string, retryCount: number, nextRetry: number): RecipientResult {
  if (kind === 'delivered') return { recipient, kind, reply: '250 OK', reports: nextRetry % 2 === 0 }
  if (kind === 'failed') return { recipient, kind, reply: '550 5.1.1 No' }
  if (kind === 'released') return { recipient, kind, nextRetry }
  return { recipient, kind, reply: '450 4.2.0 Later', retryCount: retryCount + 1, nextRetry }
}

let folder: SqliteFolder
let dir: string
beforeEach(() => {
  folder = sqliteFolder()
  dir = folder.dir
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const open = (): Promise<Store> =>
  openSqliteStore({ dir, clock: new FakeClock(START), random: systemRandom, limits: LIMITS })

async function restart(old: Store, killed: boolean): Promise<Store> {
  await settle(old)
  const copy = killed ? killedCopy(dir) : dir
  await old.close()
  if (killed) rmSync(dir, { recursive: true })
  dir = copy
  return open()
}

async function sidesOf(): Promise<readonly [Side, Side]> {
  const local = async (store: Store): Promise<Delivery> => {
    const { inbox } = await newInbox(store)
    return { kind: 'local', mailbox: inbox, recipient: 'ann@example.test' }
  }
  const opened = await open()
  const sqlite: Side = new Side(opened, await local(opened), (killed) => restart(sqlite.store, killed))
  const model = new ModelStore(new FakeClock(START), LIMITS)
  return [sqlite, new Side(model, await local(model), async () => model)]
}

test('SQLite and the model agree after every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 80, maxLength: 120 }), async (steps) => {
      rmSync(dir, { recursive: true })
      const [sqlite, model] = await sidesOf()
      try {
        for (const step of steps) {
          expect(await sqlite.take(step)).toEqual(await model.take(step))
          expect(await sqlite.state()).toEqual(await model.state())
        }
        expect(checkData(dir, [])).toEqual([])
      } finally {
        await sqlite.store.close()
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
}, 3_600_000)
