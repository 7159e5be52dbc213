/** IDLE: the client hears of changes as they come, until it says DONE. */
import { type Bare, parseBare } from '../bare.js'
import { bad, type Completion, ok } from '../completion.js'
import type { UserContext } from '../context.js'
import { duration, idleEntered, idleNotification } from '../events.js'
import { userRow } from '../row.js'
import type { View } from '../view.js'

export type Idle = Bare<'IDLE'>

/**
 * Writes from the side while the session waits for DONE. A peer that does not take what it gets is not told
 * more until it does: the changes wait in the feed, which is bounded.
 */
class Teller {
  readonly #cx: UserContext
  readonly #view: View | null
  #stopHeartbeat: () => void = () => {}
  #done = false
  #stuck = false

  constructor(cx: UserContext) {
    this.#cx = cx
    this.#view = cx.state === 'selected' ? cx.view : null
  }

  start(): void {
    this.#view?.onChange(() => this.#hear())
    this.#cx.alerts.onAlert(() => this.#hear())
    this.#beat()
    this.#tell()
  }

  stop(): void {
    this.#done = true
    this.#view?.onChange(null)
    this.#cx.alerts.onAlert(null)
    this.#stopHeartbeat()
  }

  /** Keeps middleboxes from forgetting the connection, and finds out about peers that are gone (decision 15). */
  #beat(): void {
    const { clock, limits, out } = this.#cx
    this.#stopHeartbeat = clock.after(limits.idleHeartbeat, () => {
      if (!this.#stuck) out.untagged('OK Still here')
      this.#flush()
      this.#beat()
    })
  }

  /** The feed must not suffer from what goes wrong here: it ends this session. */
  #hear(): void {
    try {
      this.#tell()
    } catch (error) {
      this.#cx.input.interrupt(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #tell(): void {
    if (this.#done || this.#stuck) return
    const alert = this.#cx.alerts.take()
    if (alert !== null) this.#cx.out.untagged(alert)
    // At least once: an overflow leaves nothing behind, and is told by announcing.
    if (this.#view !== null)
      do this.#announce(this.#view)
      while (this.#view.behind(true) && !this.#cx.out.full)
    this.#flush()
  }

  #announce(view: View): void {
    const { count } = view
    for (const line of view.announce(true)) this.#cx.out.untagged(line)
    if (view.count > count) idleNotification(this.#cx.log, { event: 'new_message', message_count: view.count })
  }

  #flush(): void {
    const { out } = this.#cx
    out.flush()
    if (!out.full || this.#stuck) return
    this.#stuck = true
    const resume = (): void => {
      this.#stuck = false
      this.#hear()
    }
    // A peer that is gone is noticed by whoever reads.
    out.room().then(resume, () => {})
  }
}

async function idle(cx: UserContext): Promise<Completion> {
  const { limits, log, out, input } = cx
  const mailbox = cx.state === 'selected' ? cx.view.mailbox.name : null
  idleEntered(log, { mailbox, heartbeat_interval: duration(limits.idleHeartbeat) })
  out.line('+ idling')
  const teller = new Teller(cx)
  teller.start()
  try {
    const line = await input.line({ phase: 'idle-max', ms: limits.idleMax, secret: false })
    return line.toUpperCase() === 'DONE' ? ok('IDLE terminated') : bad('Expected DONE')
  } finally {
    teller.stop()
  }
}

export const idleCommands = {
  IDLE: userRow({ rfc: 'RFC 2177 §3', numbers: 'renews', parse: parseBare('IDLE'), run: idle }),
}
