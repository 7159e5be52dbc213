/**
 * Finds the messages of the selected mailbox that a search program is about. SEARCH, SORT and THREAD call
 *
 *     searchView(cx, program)  →  UIDs, ascending
 *
 * A window of messages after the other, so that it takes memory for what is found and not for what is looked at,
 * and others get their turns. In a window what is in memory is asked first, then dates, then headers, then bodies,
 * each of what is still left.
 */
import type { Clock } from '../../core/clock.js'
import type { Uid } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import type { InsideStore } from '../../store/store.js'
import { Pace, turn } from '../pace.js'
import type { Progress } from '../progress.js'
import type { Addressed, View } from '../view.js'
import { type Candidate, Spellings, type Surroundings, type Test, testOf, testsIn } from './match.js'
import type { SearchKey } from './program.js'

/** What a search needs of the context of a session. */
export interface SearchContext {
  readonly view: View
  readonly store: Pick<InsideStore, 'search'>
  readonly clock: Clock
  /** Aborted when nobody waits for an answer any more. */
  readonly gone: AbortSignal
  readonly progress: Pick<Progress, 'report'>
}

/**
 * The messages that the client knows of, that are still there and that match, by UID, ascending. Flags are looked
 * at as they are meanwhile. Nothing is announced meanwhile: the numbers of the view stay as they are.
 * @throws the reason of `gone`; StoreError 'no-such-mailbox' | 'unavailable'
 */
export async function searchView(cx: SearchContext, program: SearchKey): Promise<readonly Uid[]> {
  const search = new Search(cx)
  const found: Uid[] = []
  let looked = 0
  for (const window of windows(cx.view, program)) {
    cx.gone.throwIfAborted()
    for (const { uid } of await search.window(program, window)) found.push(uid)
    looked += window.length
    cx.progress.report(looked, null)
    await turn()
  }
  return found
}

function* windows(view: View, program: SearchKey): Generator<readonly Addressed[]> {
  let window: Addressed[] = []
  for (const message of addressed(view, program)) {
    window.push(message)
    if (window.length < storeLimits.rowsPerSlice) continue
    yield window
    window = []
  }
  if (window.length > 0) yield window
}

/** A set that all must be in saves looking at the others. */
function addressed(view: View, program: SearchKey): Iterable<Addressed> {
  const keys = program.kind === 'and' ? program.keys : [program]
  for (const key of keys) if (key.kind === 'uid' || key.kind === 'sequence') return view.present(key.set, key.kind)
  return view.all()
}

/** Tests that are made in one go: a millisecond at most. */
const TESTS = 10_000
/** What one costs, in octets of other work. */
const TEST_WORK = 2

type Inside = Extract<SearchKey, { readonly kind: 'inside' }>

/** In the order of what it takes to ask one message: a row, its header, all of it. */
const COSTS = { date: 1, header: 2, body: 3, text: 3 } as const

class Search {
  readonly #cx: SearchContext
  readonly #around: Surroundings
  /** Tests of the program, made once. */
  readonly #tests = new Map<SearchKey, Test | null>()
  readonly #pace = new Pace()

  constructor(cx: SearchContext) {
    this.#cx = cx
    this.#around = { view: cx.view, spellings: new Spellings(cx.view.state), now: cx.clock.now() }
  }

  /** Those of a window that match and are still there at the end of it. */
  async window(program: SearchKey, window: readonly Addressed[]): Promise<readonly Addressed[]> {
    const { state } = this.#cx.view
    const there = window.flatMap(({ seq, uid }): Candidate[] => {
      const entry = state.entry(uid)
      return entry === null ? [] : [{ seq, uid, entry }]
    })
    const found = await this.#among(program, there)
    return found.filter(({ uid }) => state.entry(uid) !== null)
  }

  /** Those of `messages` that match, in their order. */
  async #among(key: SearchKey, messages: readonly Candidate[]): Promise<readonly Candidate[]> {
    if (messages.length === 0) return messages
    const test = this.#test(key)
    if (test !== null) return this.#filter(messages, test, testsIn(key))
    switch (key.kind) {
      case 'and':
        return this.#all(key.keys, messages)
      case 'or':
        return this.#any(key.keys, messages)
      case 'not':
        return without(messages, await this.#among(key.key, messages))
      case 'inside':
        return this.#read(key, messages)
      default:
        throw new Error(`${key.kind} has no test`)
    }
  }

  /** Some after the others: a thousand keys are many tests of a window of messages. `tests`: of one message. */
  async #filter(messages: readonly Candidate[], test: Test, tests: number): Promise<readonly Candidate[]> {
    const slice = Math.ceil(TESTS / tests)
    const found: Candidate[] = []
    for (let at = 0; at < messages.length; at += slice) {
      const some = messages.slice(at, at + slice)
      for (const message of some) if (test(message)) found.push(message)
      await this.#pace.spend(TEST_WORK * tests * some.length)
    }
    return found
  }

  async #all(keys: readonly SearchKey[], messages: readonly Candidate[]): Promise<readonly Candidate[]> {
    let left = messages
    for (const key of cheapestFirst(keys)) left = await this.#among(key, left)
    return left
  }

  async #any(keys: readonly SearchKey[], messages: readonly Candidate[]): Promise<readonly Candidate[]> {
    let left = messages
    for (const key of cheapestFirst(keys)) left = without(left, await this.#among(key, left))
    return without(messages, left)
  }

  async #read({ wanted }: Inside, messages: readonly Candidate[]): Promise<readonly Candidate[]> {
    const { store, view, gone: signal } = this.#cx
    const uids = messages.map(({ uid }) => uid)
    const found = new Set(await store.search(view.mailbox.id, wanted, { uids, signal }))
    return messages.filter(({ uid }) => found.has(uid))
  }

  #test(key: SearchKey): Test | null {
    const known = this.#tests.get(key)
    if (known !== undefined) return known
    const test = testOf(key, this.#around)
    this.#tests.set(key, test)
    return test
  }
}

function without(messages: readonly Candidate[], some: readonly Candidate[]): readonly Candidate[] {
  const gone = new Set(some)
  return messages.filter((message) => !gone.has(message))
}

const cheapestFirst = (keys: readonly SearchKey[]): readonly SearchKey[] =>
  [...keys].sort((a, b) => costOf(a) - costOf(b))

function costOf(key: SearchKey): number {
  switch (key.kind) {
    case 'inside':
      return COSTS[key.wanted.where]
    case 'not':
      return costOf(key.key)
    case 'and':
    case 'or':
      return Math.max(...key.keys.map(costOf))
    default:
      return 0
  }
}
