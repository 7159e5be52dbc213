/** Any sequence of operations leaves SQLite and the model in the same state, with the same answers on the way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ModelStore } from '../../../test/model-store.js'
import { checkInvariants } from '../../../test/store/check-invariants.js'
import { entriesOf, newUser, read, START, seal, sealReceived, settle, waiting } from '../../../test/store/fixtures.js'
import { killedCopy } from '../../../test/store/killed-copy.js'
import { FakeClock } from '../../core/clock.js'
import { type MailboxId, systemRandom, type Uid } from '../../core/ids.js'
import type { Change, Flags, MessageEntry } from '../changes.js'
import { StoreError } from '../errors.js'
import type { Quota, QuotaUse } from '../quota.js'
import type { OpenMailbox, Store, User } from '../store.js'
import { openSqliteStore } from './open.js'

type Step =
  | { readonly do: 'append'; readonly box: number; readonly bodies: readonly number[]; readonly flags: Flags }
  | {
      readonly do: 'flag'
      readonly box: number
      readonly uids: readonly number[]
      readonly mode: 'set' | 'add' | 'remove'
      readonly flags: Flags
    }
  | { readonly do: 'expunge'; readonly box: number; readonly uids: readonly number[] | null }
  | {
      readonly do: 'copy'
      readonly box: number
      readonly to: number
      readonly uids: readonly number[]
      readonly whole: boolean
    }
  | { readonly do: 'move'; readonly box: number; readonly to: number; readonly uids: readonly number[] }
  | {
      readonly do: 'accept'
      readonly boxes: readonly number[]
      readonly remote: readonly number[]
      readonly body: number
      readonly marked: boolean
      readonly partial: boolean
    }
  | { readonly do: 'quota'; readonly octets: number | null; readonly messages: number | null }
  | { readonly do: 'recalculate' }
  /** Closed and opened again, or killed and started on what is on disk then. */
  | { readonly do: 'restart'; readonly killed: boolean }
  | { readonly do: 'create'; readonly name: string }
  | { readonly do: 'delete'; readonly name: string }
  | { readonly do: 'rename'; readonly name: string; readonly to: string }
  | { readonly do: 'subscribe'; readonly name: string; readonly subscribed: boolean }
  | { readonly do: 'select'; readonly box: number; readonly recent: boolean }
  | { readonly do: 'take'; readonly n: number }

const box = fc.integer({ min: 0, max: 3 })
const name = fc.constantFrom('M0', 'M1', 'M2', 'M1/M3', 'M1/M3/M1', 'M3/M1/M3', 'M3', 'M4/', 'inbox')
const uidList = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 })
const someFlags = fc.record({
  system: fc.integer({ min: 0, max: 63 }),
  keywords: fc.array(fc.constantFrom('a', 'A', 'b', 'B', 'c', 'd'), { maxLength: 3 }),
})
const body = fc.integer({ min: 0, max: 4 })
const request: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append'), box, bodies: fc.array(body, { maxLength: 3 }), flags: someFlags }),
  fc.record({
    do: fc.constant('flag'),
    box,
    uids: uidList,
    mode: fc.constantFrom('set', 'add', 'remove'),
    flags: someFlags,
  }),
  fc.record({ do: fc.constant('expunge'), box, uids: fc.option(uidList) }),
  fc.record({ do: fc.constant('copy'), box, to: box, uids: uidList, whole: fc.boolean() }),
  fc.record({ do: fc.constant('move'), box, to: box, uids: uidList }),
  fc.record({
    do: fc.constant('accept'),
    boxes: fc.array(box, { maxLength: 3 }),
    remote: fc.array(body, { maxLength: 3 }),
    body,
    marked: fc.boolean(),
    partial: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('quota'),
    octets: fc.option(fc.integer({ min: 0, max: 500 })),
    messages: fc.option(fc.integer({ min: 0, max: 9 })),
  }),
  fc.record({ do: fc.constant('recalculate') }),
  fc.record({ do: fc.constant('create'), name }),
  fc.record({ do: fc.constant('delete'), name }),
  fc.record({ do: fc.constant('rename'), name, to: name }),
  fc.record({ do: fc.constant('subscribe'), name, subscribed: fc.boolean() }),
  fc.record({ do: fc.constant('select'), box, recent: fc.boolean() }),
  fc.record({ do: fc.constant('take'), n: body }),
)
const restarted: fc.Arbitrary<Step> = fc.record({ do: fc.constant('restart'), killed: fc.boolean() })
/** A restart costs as much as fifty requests. */
const step = fc.oneof({ weight: 40, arbitrary: request }, { weight: 1, arbitrary: restarted })

/** `MODEL_RUNS=n` for so many sequences (`npm run model`). */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 60)
/** Some of the letters are longer, and kept in files. */
const INLINE = 60

const LIMITS = {
  keywordsPerMailbox: 3,
  pendingChanges: 8,
  duplicateWindow: 3,
  mailboxesPerAccount: 7,
  subscriptionsPerAccount: 4,
  inlineBlobOctets: INLINE,
}

/** One store, and what a run of steps has of it: the same names in both, whatever the ids are. */
class Side {
  store: Store
  readonly #restart: (killed: boolean) => Promise<Store>
  user: User | null = null
  session: OpenMailbox | null = null
  #messages = 0

  constructor(store: Store, restart: (killed: boolean) => Promise<Store>) {
    this.store = store
    this.#restart = restart
  }

  async begin(address: string): Promise<void> {
    this.session?.close()
    this.user = await newUser(this.store, address, 'M1', 'M2')
    await this.#open()
  }

  async #open(): Promise<void> {
    this.session = await this.store.openMailbox((await this.#boxes())[0] as MailboxId, { recent: false })
  }

  /** What the step answers: a value or a refusal, without ids that differ between stores. */
  async take(step: Step): Promise<unknown> {
    try {
      return await this.#run(step)
    } catch (error) {
      if (error instanceof StoreError) return error.refusal
      throw error
    }
  }

  async #run(step: Step): Promise<unknown> {
    const boxes = await this.#boxes()
    const at = (n: number): MailboxId => boxes[n] ?? (999_999 as MailboxId)
    switch (step.do) {
      case 'append':
        return this.store.append(at(step.box), await Promise.all(step.bodies.map((b) => this.#message(b, step.flags))))
      case 'flag':
        return (await this.store.setFlags(at(step.box), step.uids as Uid[], step.mode, step.flags)).map(plain)
      case 'expunge':
        return this.store.expunge(at(step.box), step.uids as Uid[] | null, 'me')
      case 'copy':
        return this.store.copy(at(step.box), step.uids as Uid[], at(step.to), { origin: 'me', whole: step.whole })
      case 'move':
        return this.store.move(at(step.box), step.uids as Uid[], at(step.to), 'me')
      case 'accept':
        return this.#accept(step, step.boxes.map(at))
      case 'quota':
        return withoutIds(
          await this.store.setQuota(this.user?.id as never, { octets: step.octets, messages: step.messages }),
        )
      case 'recalculate':
        return withoutIds((await this.store.recalculateQuota(this.user?.id as never)).before)
      case 'restart':
        this.session?.close()
        this.store = await this.#restart(step.killed)
        return this.#open()
      case 'create':
        return this.store
          .createMailbox(this.user?.id as never, { name: step.name, specialUse: null })
          .then((m) => [m.uidValidity, m.subscribed])
      case 'delete':
        await this.store.deleteMailbox(this.user?.id as never, step.name)
        return null
      case 'rename':
        return this.store.renameMailbox(this.user?.id as never, step.name, step.to, 'me')
      case 'subscribe':
        return this.store.setSubscription(this.user?.id as never, step.name, step.subscribed)
      case 'select':
        return this.#select(at(step.box), step.recent)
      case 'take':
        return this.session?.changes.take(step.n)
    }
  }

  async #boxes(): Promise<MailboxId[]> {
    return (await this.store.listMailboxes(this.user?.id as never)).map((m) => m.id)
  }

  async #message(name: number, flags: Flags) {
    return { blob: await seal(this.store, letter(name)), flags, internalDate: name, internalZone: 60 - name }
  }

  /** Each a millisecond after the one before. @returns how many mailboxes had the message already, and who had no room */
  async #accept(
    { remote, body, marked, partial }: Extract<Step, { do: 'accept' }>,
    mailboxes: MailboxId[],
  ): Promise<unknown> {
    const receivedAt = this.#messages++
    const id = `${this.user?.address}-${receivedAt}`
    const deliveries = [
      ...mailboxes.map((mailbox, i) => ({ kind: 'local', mailbox, recipient: `${i}` }) as const),
      ...remote.map((r) => ({ kind: 'remote', recipient: `r${r}@far.test` }) as const),
    ]
    const content = letter(body)
    const blob = await (marked ? sealReceived(this.store, '', content) : seal(this.store, content))
    const accepted = await this.store.accept({ id, from: '', deliveries, blob, receivedAt, partial })
    return [accepted.duplicates.length, accepted.overQuota.map(({ recipient }) => recipient)]
  }

  async #select(mailbox: MailboxId, recent: boolean): Promise<unknown> {
    const open = await this.store.openMailbox(mailbox, { recent })
    open.close()
    return [open.firstRecent, [...open.uids], open.highestModSeq]
  }

  /** All that can be seen of the user, and what the session has been told. */
  async state(): Promise<unknown> {
    const mailboxes = await this.store.listMailboxes(this.user?.id as never)
    const seen = mailboxes.map(async ({ id, ...mailbox }) => [
      mailbox,
      await this.store.mailboxStatus(id),
      await Promise.all((await entriesOf(this.store, id)).map((e) => this.#withContent(e))),
      await this.#objectIds(id),
    ])
    const { id: _, ...user } = (await this.store.findUser(this.user?.address ?? '')) as User
    const queue = (await waiting(this.store)).filter((q) => q.id.startsWith(user.address))
    const quota = withoutIds((await this.store.findQuota(this.user?.id as never)) as Quota)
    const names = await this.store.listSubscriptions(this.user?.id as never)
    return [user, quota, await Promise.all(seen), queue, names, await this.#told()]
  }

  async #objectIds(id: MailboxId): Promise<unknown> {
    return this.store.objectIds(
      id,
      (await entriesOf(this.store, id)).map((e) => e.uid),
    )
  }

  async #told(): Promise<unknown> {
    const { state, changes } = this.session as OpenMailbox
    const entries = Array.from(state.uids, (uid) => plain(state.entry(uid as Uid) as MessageEntry))
    const pending = await Promise.all(changes.pending.map((c) => this.#plainChange(c)))
    return [state.count, state.uidNext, [...state.keywords], entries, pending, changes.overflowed]
  }

  /** Of an expunged message the content is still there. */
  async #plainChange(change: Change): Promise<unknown> {
    if (!('entries' in change)) return { ...change, mailbox: null }
    const withContent = change.type === 'expunged'
    const entries = await Promise.all(change.entries.map((e) => (withContent ? this.#withContent(e) : plain(e))))
    return { ...change, mailbox: null, entries }
  }

  async #withContent(entry: MessageEntry): Promise<unknown> {
    return [plain(entry), (await read(this.store, entry.blob))?.toString('latin1') ?? null]
  }
}

const withoutIds = (quota: QuotaUse): unknown => ({ ...quota, account: null })

/** Five messages: an answer to 0 that comes under two parents, one that names its ancestors in part, one without a name. */
const letter = (n: number): Buffer =>
  Buffer.from(
    [
      `Subject: m${n}`,
      ...(n === 4 ? [] : [`Message-ID: <m${n}@x>`]),
      ...(n === 1 ? ['In-Reply-To: <m3@x>', 'References: <m0@x>'] : []),
      ...(n === 2 ? ['References: <m5@x> <m1@x>'] : []),
      ...(n === 3 ? ['In-Reply-To: <m5@x>'] : []),
      ...(n === 4 ? ['References: <m2@x>'] : []),
      '',
      '',
    ].join('\r\n'),
  )

const plain = ({ blob: _, ...entry }: MessageEntry): unknown => entry

let dir: string
let sides: readonly [Side, Side]
let runs = 0
const clock = new FakeClock(START)

const open = (): Promise<Store> => openSqliteStore({ dir, clock, random: systemRandom, limits: LIMITS })

async function restart(old: Store, killed: boolean): Promise<Store> {
  await settle(old)
  const copy = killed ? killedCopy(dir) : dir
  await old.close()
  if (killed) rmSync(dir, { recursive: true })
  dir = copy
  return open()
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'posthorn-model-'))
  const model = new ModelStore(clock, LIMITS)
  const sqlite: Side = new Side(await open(), (killed) => restart(sqlite.store, killed))
  sides = [sqlite, new Side(model, async () => model)]
})
afterAll(async () => {
  await sides[0].store.close()
  rmSync(dir, { recursive: true })
})

test('SQLite and the model agree after every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const [sqlite, model] = sides
      const address = `u${runs++}@example.test`
      await Promise.all([sqlite.begin(address), model.begin(address)])
      for (const step of steps) {
        expect(await sqlite.take(step)).toEqual(await model.take(step))
        expect(await sqlite.state()).toEqual(await model.state())
      }
    }),
    { numRuns: RUNS },
  )
  await checkInvariants(sides[0].store)
}, 3_600_000)
