import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Desk } from '../../test/view-desk.js'
import type { Uid } from '../core/ids.js'
import { FLAG } from '../store/changes.js'
import { STAR } from './sets.js'
import type { View } from './view.js'

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
  const known = [...view.addressed([{ first: 1, last: STAR }], 'uid')]
  known.forEach(({ seq, uid }, i) => {
    expect(seq).toBe(i + 1)
    const message = client.messages[i] as BelievingClient['messages'][number]
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
