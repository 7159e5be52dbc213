/** FETCH and UID FETCH: a slice of messages after the other, so that any number of them costs the memory of one. */
import type { Uid } from '../../core/ids.js'
import { storeLimits } from '../../core/limits.js'
import { FLAG, type MessageEntry } from '../../store/changes.js'
import { StoreError } from '../../store/errors.js'
import { announce } from '../announce.js'
import { type Completion, no, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { messageUnreadable } from '../events.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import type { Addressed, View } from '../view.js'
import { makePlan, type Plan } from './fetch-items.js'
import { type FetchArguments, parseFetch } from './fetch-parse.js'
import { refusal, respond } from './fetch-response.js'

export interface Fetch extends FetchArguments {
  readonly name: 'FETCH' | 'UID FETCH'
}

/** Messages whose indexes are in memory together, and whose \Seen is one commit. */
const SLICE = 200
/** Messages of a slice for which nothing is read: it takes less than a millisecond to look them up. */
const ENTRY_SLICE = 500
/**
 * Octets of the messages of a slice, each counted up to COUNTED: it bounds the indexes that are in memory
 * together, and how many messages are \Seen that a client which hangs up has not received.
 */
const SLICE_OCTETS = 4 * 1024 * 1024
const COUNTED = 1024 * 1024

/** What went wrong for some of the messages; the rest is served all the same. */
interface Losses {
  gone: boolean
  unreadable: boolean
}

async function fetch(cx: SelectedContext, { name, set, items }: Fetch): Promise<Completion> {
  const byUid = name === 'UID FETCH'
  const plan = makePlan(items, byUid)
  const losses: Losses = { gone: false, unreadable: false }
  let told = 0
  for (const slice of slices(cx.view, plan, cx.view.addressed(set, byUid ? 'uid' : 'sequence'), losses)) {
    await fetchSlice(cx, plan, slice, losses)
    told += slice.length
    // That they are \Seen waits as well, until it is passed over.
    if (plan.setsSeen && told >= storeLimits.rowsPerSlice) {
      await announce(cx.view, cx.out, false)
      told = 0
    }
  }
  return completion(name, losses)
}

/** RFC 2180 §4.1.2 and RFC 5530 §3. A UID that is gone is no error (RFC 3501 §6.4.8), and EXPUNGE is told right now. */
function completion(name: Fetch['name'], { gone, unreadable }: Losses): Completion {
  if (unreadable) return no('UNAVAILABLE', 'Some of the requested messages could not be read')
  if (!gone) return ok(`${name} completed`)
  const text = 'Some of the requested messages no longer exist'
  return name === 'FETCH' ? no('EXPUNGEISSUED', text) : ok(text, 'EXPUNGEISSUED')
}

interface Target extends Addressed {
  readonly entry: MessageEntry
}

function* slices(view: View, { needs }: Plan, addressed: Iterable<Addressed>, losses: Losses): Generator<Target[]> {
  const most = needs === 'entry' ? ENTRY_SLICE : SLICE
  let slice: Target[] = []
  let octets = 0
  for (const { seq, uid } of addressed) {
    const entry = view.entry(uid)
    if (entry === null) {
      losses.gone = true
      continue
    }
    slice.push({ seq, uid, entry })
    if (needs !== 'entry') octets += Math.min(entry.size, COUNTED)
    if (slice.length < most && octets < SLICE_OCTETS) continue
    yield slice
    slice = []
    octets = 0
  }
  if (slice.length > 0) yield slice
}

async function fetchSlice(cx: SelectedContext, plan: Plan, slice: readonly Target[], losses: Losses): Promise<void> {
  const seen = plan.setsSeen && !cx.view.readOnly ? await markSeen(cx, slice) : null
  const indexes = plan.needs === 'entry' ? [] : await cx.store.indexes(slice.map(({ entry }) => entry.blob))
  for (const [i, { seq, uid, entry }] of slice.entries()) {
    const now = seen?.get(uid)
    const items = now === undefined ? plan.items : plan.itemsWithFlags
    const known = { seq, entry: now ?? entry, recent: cx.view.isRecent(uid), index: indexes[i] ?? null }
    const blob = plan.needs === 'octets' ? await cx.store.openBlob(entry.blob).catch(refusal) : null
    if (plan.needs !== 'entry' && (known.index === null || (plan.needs === 'octets' && blob === null)))
      losses.gone = true
    else if (!(await served(cx, uid, respond(cx.out, items, { ...known, blob }, cx.pace)))) losses.unreadable = true
  }
}

/** False, and a line in the log, when octets could not be read. Thrown on where that broke a response off. */
async function served(
  { log, view }: SelectedContext,
  uid: Uid,
  response: Promise<StoreError | null>,
): Promise<boolean> {
  const report = (error: StoreError): void =>
    messageUnreadable(log, { mailbox: view.mailbox.name, uid, error: error.message })
  try {
    const failure = await response
    if (failure !== null) report(failure)
    return failure === null
  } catch (error) {
    if (error instanceof StoreError) report(error)
    throw error
  }
}

/**
 * Reading sets \Seen (RFC 3501 §6.4.5), for a slice in one commit. A store that cannot write now, its disk
 * being full, can still be read: then the messages stay unread.
 * @returns those that were not \Seen before, as they are after it
 */
async function markSeen(cx: SelectedContext, slice: readonly Target[]): Promise<ReadonlyMap<Uid, MessageEntry>> {
  const { mailbox, state } = cx.view
  const unseen = slice.filter(({ uid, entry }) => (entry.system & FLAG.seen) === 0 && state.entry(uid) !== null)
  if (unseen.length === 0) return new Map()
  const uids = unseen.map(({ uid }) => uid)
  const options = { origin: cx.origin, silent: true }
  const entries = await cx.store
    .setFlags(mailbox.id, uids, 'add', { system: FLAG.seen, keywords: [] }, options)
    .catch((error: unknown) => {
      if (error instanceof StoreError && error.refusal === 'unavailable') return []
      throw error
    })
  return new Map(entries.map((entry) => [entry.uid, entry]))
}

const parse =
  (name: Fetch['name']) =>
  (s: Scanner): Fetch => ({ name, ...parseFetch(s) })

export const fetchCommands = {
  FETCH: selectedRow({ rfc: 'RFC 3501 §6.4.5', numbers: 'uses', parse: parse('FETCH'), run: fetch }),
  /** Its numbers are UIDs, so that EXPUNGE may be told: RFC 3501 §7.4.1. */
  'UID FETCH': selectedRow({ rfc: 'RFC 3501 §6.4.8', numbers: 'renews', parse: parse('UID FETCH'), run: fetch }),
}
