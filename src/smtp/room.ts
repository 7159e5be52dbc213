/** The room that one mail transaction has been promised in the mailboxes that it is for: from RCPT to its end. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Resolution, Target } from '../accounts/contracts.js'
import type { MailboxId } from '../core/ids.js'
import type { SmtpContext } from './context.js'
import { type Reply, replies } from './reply.js'

/** Others get a turn after so many look-ups for one recipient. */
const LOOK_UPS_PER_TURN = 100

export class Room {
  readonly #cx: Pick<SmtpContext, 'quota' | 'quotaReply' | 'log'>
  readonly #held = new Map<MailboxId, () => void>()
  /** Transactions that are over: what is promised to one of them too late is given back. */
  #over = 0

  constructor(cx: Pick<SmtpContext, 'quota' | 'quotaReply' | 'log'>) {
    this.#cx = cx
  }

  /**
   * Room for a copy of `size` octets wherever the recipient leads, once for each mailbox. An alias that leads to
   * somebody without room is refused as a whole: the message is for all or nobody, and its sender is told now.
   * @returns the refusal, or null
   */
  async take(resolution: Resolution, size: number): Promise<Reply | null> {
    const taken: MailboxId[] = []
    const over = this.#over
    let lookUps = 0
    for (const { mailbox, account } of localTargets(resolution)) {
      if (this.#held.has(mailbox)) continue
      if (++lookUps % LOOK_UPS_PER_TURN === 0) await nextTurn()
      const promised = await this.#cx.quota.promise(account, size, this.#cx.log)
      if (this.#over !== over) {
        // The client was told that it took too long.
        if (promised.kind === 'held') promised.release()
        return replies.fault
      }
      if (promised.kind !== 'held') {
        for (const one of taken) this.#letGo(one)
        return promised.kind === 'full' ? fullReply(this.#cx) : replies.mailboxFullNow
      }
      this.#held.set(mailbox, promised.release)
      taken.push(mailbox)
    }
    return null
  }

  /** The transaction is over. Calling it twice is fine. */
  release(): void {
    this.#over++
    for (const mailbox of [...this.#held.keys()]) this.#letGo(mailbox)
  }

  #letGo(mailbox: MailboxId): void {
    this.#held.get(mailbox)?.()
    this.#held.delete(mailbox)
  }
}

/** Decision 7. */
export const fullReply = ({ quotaReply }: Pick<SmtpContext, 'quotaReply'>): Reply =>
  quotaReply === 'temporary' ? replies.mailboxFullNow : replies.mailboxFull

function localTargets(resolution: Resolution): readonly Extract<Target, { kind: 'local' }>[] {
  if (resolution.kind === 'local') return [resolution]
  return resolution.kind === 'alias' ? resolution.targets.filter((target) => target.kind === 'local') : []
}
