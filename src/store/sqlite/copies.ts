/**
 * COPY and MOVE of any number of messages as operations of the writer, each short enough that nobody waits for it. A
 * copy of several slices is written down until its last one is there: what a refusal or a crash leaves is taken back
 * (docs/decisions/027-large-copies.md).
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MailboxId, Uid } from '../../core/ids.js'
import type { StoreLimits } from '../../core/limits.js'
import type { CopyPart, Submit } from '../ops.js'
import { chargeSql } from '../quota.js'
import type { Copied, MailStore } from '../store.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

interface CopyParts {
  readonly sql: Statements
  readonly submit: Submit
  readonly limits: Pick<StoreLimits, 'rowsPerWrite'>
  /** `undoSlice` has work. */
  readonly onAbandoned: () => void
}

interface Route {
  readonly from: MailboxId
  readonly to: MailboxId
  readonly origin: string | null
}

export class Copies {
  readonly #parts: CopyParts
  /** Copies that will not be completed and are still there in part. */
  readonly #abandoned: number[]

  /** Before anything is copied: what is unfinished now was left by a crash. */
  constructor(parts: CopyParts) {
    this.#parts = parts
    this.#abandoned = parts.sql.all<{ id: number }>('SELECT DISTINCT id FROM unfinished_copy').map(({ id }) => id)
  }

  readonly copy: MailStore['copy'] = async (from, uids, to, { origin, whole = false } = {}) => {
    const route = { from, to, origin: origin ?? null }
    const slices = this.#slices(uids)
    const [only = []] = slices
    if (slices.length > 1) return this.#copySlices(route, slices, whole)
    const { copy: _, ...copied } = await this.#parts.submit({
      kind: 'copy-messages',
      ...route,
      uids: only,
      whole,
      part: null,
    })
    return copied
  }

  readonly move: MailStore['move'] = async (from, uids, to, origin) => {
    const { submit, limits } = this.#parts
    const route = { from, to, origin: origin ?? null, limit: limits.rowsPerWrite }
    const moved: Copied[] = []
    for (const slice of this.#slices(uids)) moved.push(await submit({ kind: 'move-messages', ...route, uids: slice }))
    return joined(moved)
  }

  /** Takes back a slice of what was not completed. True: there may be more. */
  async undoSlice(): Promise<boolean> {
    const [copy] = this.#abandoned
    if (copy === undefined) return false
    if (!(await this.#parts.submit({ kind: 'undo-copy', copy, origin: null }))) this.#forget(copy)
    return true
  }

  #forget(copy: number): void {
    this.#abandoned.splice(this.#abandoned.indexOf(copy), 1)
  }

  /** At least one, which may be empty: that the mailboxes are there is asked all the same. */
  #slices(uids: readonly Uid[]): Uid[][] {
    const ascending = isAscending(uids) ? uids : [...new Set(uids)].sort((a, b) => a - b)
    const slices: Uid[][] = []
    const { rowsPerWrite } = this.#parts.limits
    for (let at = 0; at === 0 || at < ascending.length; at += rowsPerWrite)
      slices.push(ascending.slice(at, at + rowsPerWrite))
    return slices
  }

  async #copySlices(route: Route, slices: readonly Uid[][], whole: boolean): Promise<Copied> {
    const ahead = await this.#chargesBehind(route.from, slices)
    const copied: Copied[] = []
    let copy: number | null = null
    try {
      for (const [i, uids] of slices.entries()) {
        const part: CopyPart = { copy, last: i === slices.length - 1, ahead: ahead[i] ?? NOTHING }
        const { copy: number, ...slice } = await this.#parts.submit({
          kind: 'copy-messages',
          ...route,
          uids,
          whole,
          part,
        })
        copy = number
        copied.push(slice)
      }
      return joined(copied)
    } catch (error) {
      if (copy !== null) await this.#undo(copy, route.origin)
      throw error
    }
  }

  /** Of each slice: what those behind it are charged. */
  async #chargesBehind(from: MailboxId, slices: readonly Uid[][]): Promise<CopyPart['ahead'][]> {
    const sums: CopyPart['ahead'][] = []
    let sum = NOTHING
    for (const slice of slices.toReversed()) {
      sums.push(sum)
      const { octets, messages } = await reading(() => chargeOfSlice(this.#parts.sql, from, slice))
      sum = { octets: sum.octets + octets, messages: sum.messages + messages }
      await nextTurn()
    }
    return sums.reverse()
  }

  /** What the disk refuses to take back is left for later. */
  async #undo(copy: number, origin: string | null): Promise<void> {
    try {
      while (await this.#parts.submit({ kind: 'undo-copy', copy, origin })) {}
    } catch {
      this.#abandoned.push(copy)
      this.#parts.onAbandoned()
    }
  }
}

/** As sessions have them: a million need not be sorted. */
const isAscending = (uids: readonly Uid[]): boolean => uids.every((uid, i) => i === 0 || uid > (uids[i - 1] ?? 0))

const NOTHING: CopyPart['ahead'] = { octets: 0, messages: 0 }

const chargeOfSlice = (sql: Statements, mailbox: MailboxId, uids: readonly Uid[]): CopyPart['ahead'] =>
  sql.get<CopyPart['ahead']>(
    `SELECT coalesce(sum(${chargeSql('size')}), 0) AS octets, count(*) AS messages FROM message
     WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
    mailbox,
    JSON.stringify(uids),
  ) ?? NOTHING

/** The UIDVALIDITY of a mailbox that was renamed on the way is that of now. */
function joined(slices: readonly Copied[]): Copied {
  const from: Uid[] = []
  const to: Uid[] = []
  for (const slice of slices) {
    for (const uid of slice.from) from.push(uid)
    for (const uid of slice.to) to.push(uid)
  }
  return { uidValidity: slices.at(-1)?.uidValidity ?? 0, from, to }
}
