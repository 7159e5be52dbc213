/** What the Deriver makes: sort keys of contents that have none, then threads of messages that are in none. */
import type { Clock } from '../../core/clock.js'
import type { StoreLimits } from '../../core/limits.js'
import type { Log } from '../../core/log.js'
import { type Derivation, Deriver } from '../deriver.js'
import { DeadlyRead } from '../errors.js'
import { derivingStopped } from '../events.js'
import type { MessageKeysOf, MessagePlace, Submit } from '../ops.js'
import type { ReaderPool } from './reader-pool.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

/** A fifth of the time of a thread and of the writer. */
const REST_FACTOR = 4

interface Parts {
  readonly sql: Statements
  readonly submit: Submit
  readonly readers: ReaderPool
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly log: Log | undefined
}

export const newDeriver = (parts: Parts): Deriver =>
  new Deriver({
    derivations: [sortKeys(parts), threads(parts)],
    clock: parts.clock,
    restFactor: REST_FACTOR,
    longestSlice: parts.limits.longestRead,
    onFault: (error) => {
      if (parts.log !== undefined) derivingStopped(parts.log, { error: String(error) })
    },
  })

const sortKeys = ({ sql, submit, readers, limits }: Parts): Derivation =>
  async function* () {
    for (let after = 0; ; ) {
      const blobs = await reading(() => findUnkeyed(sql, after, limits.messagesPerDerivation))
      const last = blobs.at(-1)
      if (last === undefined) return
      const made = await keysOf(readers, blobs)
      if (made.length > 0) await submit({ kind: 'record-keys', made })
      yield made.length
      after = last
    }
  }

const findUnkeyed = (sql: Statements, after: number, limit: number): number[] =>
  sql
    .all<{ blob: number }>('SELECT blob FROM unkeyed WHERE blob > ? ORDER BY blob LIMIT ?', after, limit)
    .map(({ blob }) => blob)

/** If some of `blobs` kills those who look at it, each is tried alone, and that one is passed over. */
async function keysOf(readers: ReaderPool, blobs: readonly number[]): Promise<MessageKeysOf[]> {
  try {
    const made = await readers.run({ kind: 'derive-keys', blobs }, { urgency: 'background' })
    return made.filter((keys) => keys !== null)
  } catch (error) {
    if (!(error instanceof DeadlyRead)) throw error
    if (blobs.length < 2) return []
    const made: MessageKeysOf[] = []
    for (const blob of blobs) made.push(...(await keysOf(readers, [blob])))
    return made
  }
}

interface Unthreaded extends MessagePlace {
  readonly date: number
}

const threads = ({ sql, submit, limits }: Parts): Derivation =>
  async function* () {
    const unthreaded = (after: Unthreaded | null): Promise<Unthreaded[]> =>
      reading(() => findUnthreaded(sql, after, limits.messagesPerDerivation))
    for (let after: Unthreaded | null = null; ; ) {
      const messages = await unthreaded(after)
      after = messages.at(-1) ?? null
      if (after === null) return
      yield await submit({ kind: 'join-threads', messages: messages.map(({ mailbox, uid }) => ({ mailbox, uid })) })
    }
  }

function findUnthreaded(sql: Statements, after: Unthreaded | null, limit: number): Unthreaded[] {
  const select = 'SELECT internal_date AS date, mailbox, uid FROM message WHERE thread IS NULL'
  const order = 'ORDER BY internal_date, mailbox, uid LIMIT ?'
  if (after === null) return sql.all<Unthreaded>(`${select} ${order}`, limit)
  const { date, mailbox, uid } = after
  return sql.all<Unthreaded>(
    `${select} AND (internal_date, mailbox, uid) > (?, ?, ?) ${order}`,
    ...[date, mailbox, uid, limit],
  )
}
