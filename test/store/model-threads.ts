/** The model's threads: every message that was named, and in which thread it is. */
import { createHash } from 'node:crypto'
import type { AccountId } from '../../src/core/ids.js'
import type { SealedBlob } from '../../src/store/spool.js'

interface Member {
  readonly account: AccountId
  readonly name: string
  thread: string
  arrived: boolean
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex')

export class ModelThreads {
  #members: Member[] = []

  /** @returns the id of the thread that a message joins; `live`: those that have messages now */
  join(account: AccountId, { keys, sha256 }: Pick<SealedBlob, 'keys' | 'sha256'>, live: ReadonlySet<string>): string {
    this.#members = this.#members.filter((m) => m.account !== account || live.has(m.thread))
    const own = keys.messageId ?? sha256
    const before = this.#find(account, own)
    if (before?.arrived === true) return before.thread
    const ancestors = [...keys.inReplyTo, ...[...keys.references].reverse()]
    const nearest = ancestors.findIndex((id) => id !== own && this.#find(account, id) !== undefined)
    const found = nearest === -1 ? before : this.#find(account, ancestors[nearest] ?? '')
    const thread = found?.thread ?? `T${hex(own).slice(0, 32)}`
    this.#set(account, own, thread, true)
    for (const id of nearest === -1 ? ancestors : ancestors.slice(0, nearest)) {
      if (this.#find(account, id) === undefined) this.#set(account, id, thread, false)
    }
    return thread
  }

  #find(account: AccountId, name: string): Member | undefined {
    return this.#members.find((m) => m.account === account && m.name === name)
  }

  #set(account: AccountId, name: string, thread: string, arrived: boolean): void {
    const known = this.#find(account, name)
    if (known === undefined) this.#members.push({ account, name, thread, arrived })
    else Object.assign(known, { thread, arrived })
  }
}
