import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ModelStore } from '../../test/model-store.js'
import { FakeClock } from '../core/clock.js'
import type { MailboxId, Uid } from '../core/ids.js'
import { FLAG } from '../store/changes.js'
import { BadArgument, Farewell } from './errors.js'
import { parseSet, type SequenceSet } from './sets.js'
import { View } from './view.js'

class Desk {
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

describe('announce', () => {
  test('nothing when nothing changed', async () => {
    const view = await (await Desk.with(3)).view()
    expect(view.announce(true)).toEqual([])
  })

  test('new messages are counted once, with how many are recent', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add()
    await desk.add()
    expect(view.announce(false)).toEqual(['3 EXISTS', '3 RECENT'])
    expect(view.heardNew).toBe(true)
  })

  test('expunges wait, and what is behind them, while numbers are in use (RFC 3501 §7.4.1)', async () => {
    const desk = await Desk.with(3)
    const view = await desk.view()
    await desk.flag(1, FLAG.seen, 'you')
    await desk.expunge(2)
    await desk.add()
    expect(view.announce(false)).toEqual(['1 FETCH (FLAGS (\\Seen \\Recent))', '2 FETCH (FLAGS (\\Deleted \\Recent))'])
    expect(view.behind(false)).toBe(false)
    expect(view.behind(true)).toBe(true)
    expect(view.announce(true)).toEqual(['2 EXPUNGE', '3 EXISTS', '3 RECENT'])
  })

  test('each expunge moves the numbers behind it', async () => {
    const desk = await Desk.with(5)
    const view = await desk.view()
    await desk.expunge(4)
    await desk.expunge(1, 2)
    expect(view.announce(true)).toEqual(['1 EXPUNGE', '1 EXPUNGE', '2 EXPUNGE'])
  })

  test('a message that came and went between two announcements never was', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add()
    await desk.expunge(2)
    expect(view.announce(true)).toEqual([])
  })

  test('flags are told once, as they are now, whoever changed them last', async () => {
    const desk = await Desk.with(2)
    const view = await desk.view()
    await desk.flag(2, FLAG.seen, 'you')
    await desk.flag(2, FLAG.flagged, 'me', true)
    await desk.flag(1, FLAG.draft, 'me')
    expect(view.announce(false)).toEqual(['2 FETCH (FLAGS (\\Flagged \\Seen \\Recent))'])
  })

  test('a new keyword is told before it is used (RFC 3501 §7.2.6)', async () => {
    const desk = await Desk.with(0)
    const view = await desk.view()
    await desk.add(desk.mailbox, ['$Forwarded'])
    expect(view.announce(false)).toEqual([
      'FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded)',
      'OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded \\*)] Flags that are kept',
      '1 EXISTS',
      '1 RECENT',
    ])
    expect(view.keywordLines()).toEqual([])
  })

  test('other mailboxes are no concern of this one', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.add(desk.other)
    await desk.store.createMailbox((await desk.store.findUser('a@example.org'))?.id as never, {
      name: 'new',
      specialUse: null,
    })
    expect(view.announce(true)).toEqual([])
    expect(view.behind(true)).toBe(false)
  })

  test('who cannot be brought up to date is told to go', async () => {
    const desk = await Desk.with(1, 2)
    const view = await desk.view()
    for (let i = 0; i < 3; i++) await desk.add()
    expect(() => view.announce(true)).toThrow(Farewell)
  })

  test('the end of the account ends the session', async () => {
    const desk = await Desk.with(1)
    const view = await desk.view()
    await desk.store.removeUser('a@example.org')
    expect(() => view.announce(false)).toThrow(Farewell)
  })
})

describe('what a client may ask for', () => {
  test('an expunged message stays readable until its EXPUNGE was told', async () => {
    const desk = await Desk.with(2)
    const view = await desk.view()
    await desk.expunge(1)
    expect(view.state.entry(1 as Uid)).toBe(null)
    expect(view.entry(1 as Uid)?.uid).toBe(1)
    view.announce(false)
    expect(view.entry(1 as Uid)?.uid).toBe(1)
    view.announce(true)
    expect(view.entry(1 as Uid)).toBe(null)
  })

  test.each([
    ['sequence', '1', [1]],
    ['sequence', '3:1', [1, 3, 4]],
    ['sequence', '*', [4]],
    ['sequence', '1,1:2', [1, 3]],
    ['uid', '1:*', [1, 3, 4]],
    ['uid', '2', []],
    ['uid', '9:*', [4]],
    ['uid', '4294967295', []],
  ] as const)('%s %s', async (kind, text, uids) => {
    const desk = await Desk.with(4)
    await desk.expunge(2)
    const view = await desk.view()
    const addressed = [...view.addressed(parseSet(text) as SequenceSet, kind)]
    expect(addressed.map(({ uid }) => uid)).toEqual(uids)
    for (const { seq, uid } of addressed) expect([view.uid(seq), view.seq(uid)]).toEqual([uid, seq])
  })

  test.each(['4', '1:4', '2,9'])('sequence number %s does not exist', async (text) => {
    const view = await (await Desk.with(3)).view()
    expect(() => view.addressed(parseSet(text) as SequenceSet, 'sequence')).toThrow(BadArgument)
  })

  test('an empty mailbox has no message "*", and no UID either', async () => {
    const view = await (await Desk.with(0)).view()
    expect(() => view.addressed(parseSet('*') as SequenceSet, 'sequence')).toThrow(BadArgument)
    expect([...view.addressed(parseSet('1:*') as SequenceSet, 'uid')]).toEqual([])
  })

  test('UIDNEXT is one of a client that has heard so much and no more', async () => {
    const desk = await Desk.with(3)
    const view = await desk.view()
    await desk.add()
    expect(view.uidNext).toBe(4)
    view.announce(false)
    expect(view.uidNext).toBe(5)
  })
})

const FLAG_NAMES = new Map<number, string>([
  [FLAG.seen, '\\Seen'],
  [FLAG.flagged, '\\Flagged'],
])

/** Knows only what it was told or did: for each message its UID, when it asked for it, and its flags. */
class BelievingClient {
  messages: { uid: number | null; flags: Set<string> }[]

  constructor(uids: readonly number[]) {
    this.messages = uids.map((uid) => ({ uid, flags: new Set(['\\Recent']) }))
  }

  hear(lines: readonly string[]): void {
    for (const line of lines) {
      const [, n, what, rest] = /^(\d+) (EXPUNGE|EXISTS|RECENT|FETCH)(?: \(FLAGS \((.*)\)\))?$/.exec(line) ?? []
      const at = Number(n)
      if (what === 'EXPUNGE') expect(this.messages.splice(at - 1, 1)).toHaveLength(1)
      if (what === 'EXISTS') this.#exists(at)
      if (what === 'RECENT') expect(at).toBeLessThanOrEqual(this.messages.length)
      if (what === 'FETCH') this.#flags(at, rest ?? '')
    }
  }

  #exists(n: number): void {
    expect(n).toBeGreaterThanOrEqual(this.messages.length)
    while (this.messages.length < n) this.messages.push({ uid: null, flags: new Set() })
  }

  #flags(n: number, flags: string): void {
    const message = this.messages[n - 1]
    expect(message).toBeDefined()
    if (message !== undefined) message.flags = new Set(flags.split(' '))
  }
}

type Step =
  | { readonly kind: 'add' }
  | { readonly kind: 'expunge'; readonly picks: readonly number[] }
  | {
      readonly kind: 'flag'
      readonly pick: number
      readonly bit: number
      readonly origin: string
      readonly silent: boolean
    }
  | { readonly kind: 'announce'; readonly mayExpunge: boolean }

const history: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const) }),
    fc.record({ kind: fc.constant('expunge' as const), picks: fc.array(fc.nat(12), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('flag' as const),
      pick: fc.nat(12),
      bit: fc.constantFrom(FLAG.seen, FLAG.flagged),
      origin: fc.constantFrom('me', 'you'),
      silent: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('announce' as const), mayExpunge: fc.boolean() }),
  ),
  { maxLength: 25 },
)

const flagsNow = (view: View, uid: Uid): Set<string> => {
  const entry = view.entry(uid)
  return new Set(entry === null ? [] : view.flags(entry).slice(1, -1).split(' '))
}

/** The client asks for the UID and flags of what it has not asked for yet; what it knew must still be so. */
function agree(view: View, client: BelievingClient): void {
  expect(client.messages.length).toBe(view.count)
  client.messages.forEach((message, i) => {
    const uid = view.uid(i + 1) as Uid
    if (message.uid === null) Object.assign(message, { uid, flags: flagsNow(view, uid) })
    expect(message.uid).toBe(uid)
    // Whoever has not been told that a message is gone can still ask for it.
    expect(view.entry(uid)?.uid).toBe(uid)
  })
}

/** `here`: the UIDs that exist now. The client's own STORE is answered at once, or it trusts that it happened. */
async function perform(
  desk: Desk,
  view: View,
  client: BelievingClient,
  step: Exclude<Step, { kind: 'announce' }>,
): Promise<void> {
  const here = [...view.state.uids]
  if (step.kind === 'add') return desk.add()
  if (step.kind === 'expunge') return desk.expunge(...step.picks.flatMap((p) => here[p] ?? []))
  const uid = here[step.pick] as Uid | undefined
  if (uid === undefined) return
  const known = client.messages.find((m) => m.uid === uid)
  if (step.origin === 'me' && known === undefined) return
  await desk.flag(uid, step.bit, step.origin, step.silent)
  if (step.origin !== 'me' || known === undefined) return
  if (step.silent) known.flags.add(FLAG_NAMES.get(step.bit) ?? '')
  else known.flags = flagsNow(view, uid)
}

test('a client that believes only what it is told never disagrees (RFC 3501 §7.4.1)', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const desk = await Desk.with(3)
      const view = await desk.view()
      const client = new BelievingClient([1, 2, 3])
      const announce = (mayExpunge: boolean): void => {
        const lines = view.announce(mayExpunge)
        if (!mayExpunge) expect(lines.filter((l) => l.endsWith('EXPUNGE'))).toEqual([])
        client.hear(lines)
        agree(view, client)
      }
      for (const step of steps) {
        if (step.kind === 'announce') announce(step.mayExpunge)
        else await perform(desk, view, client, step)
      }
      announce(true)
      expect(view.behind(true)).toBe(false)
      expect(client.messages.map((m) => m.uid)).toEqual([...view.state.uids])
      for (const { uid, flags } of client.messages) expect(flags).toEqual(flagsNow(view, uid as Uid))
    }),
    { numRuns: 2500 },
  )
})
