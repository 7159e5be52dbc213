/** A queue on the model store, with servers far away that do what a test says, on a clock that it moves. */
import { FakeClock, sleep } from '../src/core/clock.js'
import {
  type Dialer,
  type HopHost,
  HostTrouble,
  type OutboundMail,
  type OutboundSession,
  type Plan,
  type RouteSettings,
  type Transaction,
  type Verdict,
} from '../src/queue/contracts.js'
import { QueueRunner, type QueueSettings } from '../src/queue/runner.js'
import type { Acceptance, FinishedDelivery, RecipientDsn } from '../src/store/store.js'
import { type Line, recordingLog } from './log-recorder.js'
import { ModelStore } from './model-store.js'
import { octets, START, seal } from './store/fixtures.js'
import type { Queued } from './store/model-queue.js'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const SCHEDULE = [5, 15, 30, 60, 120, 240, 480, 960, 1440].map((minutes) => minutes * MINUTE)

/** What a server says to a recipient; drop: nothing, and the connection is gone. */
export type Judgement = 'accept' | 'later' | 'refuse' | 'again' | 'drop'

export interface Behaviour {
  /** What a connection fails with; null: it stands. */
  readonly greets?: () => HostTrouble | null
  readonly judges?: (recipient: string, mail: OutboundMail) => Judgement
  /** Milliseconds of the clock that a transaction takes. */
  readonly takes?: number
  /** How many of them a connection has (RFC 9422 §4.1: MAILMAX). */
  readonly transactions?: number
}

export const refused = (permanent = false): HostTrouble =>
  new HostTrouble(permanent ? '554 5.3.2 No mail here' : '450 4.4.1 Connection refused', {
    permanent,
    transcript: 'refused\n',
  })

export const NO_ROUTE: RouteSettings = { tls: 'try', credentials: null, perMinute: null, connections: null }

/** A store whose queue a test can look into. */
export class OpenStore extends ModelStore {
  get rows(): readonly Queued[] {
    return this.queue
  }

  get ended(): readonly FinishedDelivery[] {
    return this.finished
  }

  get pauses(): Set<string> {
    return this.paused
  }

  transcriptOf(id: string, recipient: string): string | null {
    const is = (one: { readonly id: string; readonly recipient: string }) =>
      one.id === id && one.recipient === recipient
    return this.queue.find(is)?.transcript ?? this.finished.find(is)?.transcript ?? null
  }
}

export class QueueWorld {
  readonly clock = new FakeClock(START)
  store = new OpenStore(this.clock)
  readonly lines: Line[] = []
  readonly log = recordingLog(this.lines)
  settings: QueueSettings = {
    retrySchedule: SCHEDULE,
    concurrency: 20,
    destinationConcurrency: 10,
    messagesPerConnection: 100,
    connectionTime: 5 * MINUTE,
  }
  /** By host name; what is not there takes everything. */
  readonly servers = new Map<string, Behaviour>()
  /** By destination; what is not there has one host `mx.` destination. */
  readonly plans = new Map<string, () => Plan>()
  /** What servers took, and all that was said to them. */
  readonly taken: { readonly host: string; readonly id: string; readonly recipient: string; readonly at: number }[] = []
  readonly transactions: { readonly host: string; readonly mail: OutboundMail }[] = []
  /** Connections: those that are open now by host, the most at once, and how many there were. */
  readonly open = new Map<string, number>()
  readonly most = new Map<string, number>()
  opened = 0
  mostAtOnce = 0
  #current: QueueRunner | null = null

  hosts(key: string, names: readonly string[], settings: Partial<RouteSettings> = {}): Plan {
    const hosts = names.map((name) => ({ name, port: 25, addresses: ['192.0.2.1'] }))
    return { kind: 'hosts', key, hosts, settings: { ...NO_ROUTE, ...settings } }
  }

  runner(more: Partial<ConstructorParameters<typeof QueueRunner>[0]> = {}): QueueRunner {
    this.#current = new QueueRunner({
      store: this.store,
      planner: { plan: async (d) => this.plans.get(d)?.() ?? this.hosts(`mx ${d}`, [`mx.${d}`]) },
      dialer: this.dialer,
      content: async () => ({
        needs: { eightBitBody: false, eightBitHeader: false, binary: false },
        open: async () => null,
      }),
      settings: () => this.settings,
      clock: this.clock,
      log: this.log,
      ...more,
    })
    return this.#current
  }

  /** Accepts a message. */
  async send(id: string, recipients: readonly string[], dsn?: RecipientDsn): Promise<void> {
    const message: Acceptance = {
      id,
      from: 'ann@example.test',
      deliveries: recipients.map((recipient) => ({ kind: 'remote', recipient, ...(dsn !== undefined && { dsn }) })),
      blob: await seal(this.store, octets(id)),
      receivedAt: this.clock.now(),
    }
    await this.store.accept(message)
    this.#current?.enqueued(message)
  }

  /** Lets everything happen that needs no time. */
  async settle(turns = 30): Promise<void> {
    for (let i = 0; i < turns; i++) await new Promise((turn) => setImmediate(turn))
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await this.settle()
  }

  said(message: string): readonly Line['fields'][] {
    return this.lines.filter((line) => line.message === message).map(({ fields }) => fields)
  }

  readonly dialer: Dialer = {
    open: async (host) => {
      const behaviour = this.servers.get(host.name) ?? {}
      const trouble = behaviour.greets?.() ?? null
      if (trouble !== null) throw trouble
      return this.#session(host, behaviour)
    },
  }

  #session({ name }: HopHost, behaviour: Behaviour): OutboundSession {
    this.opened++
    this.#count(name, 1)
    let isOpen = true
    let transactions = 0
    let said = ''
    const close = (): void => {
      if (isOpen) this.#count(name, -1)
      isOpen = false
    }
    const world = this
    return {
      host: `${name} [192.0.2.1]`,
      tls: null,
      get usable() {
        return isOpen && transactions < (behaviour.transactions ?? Number.POSITIVE_INFINITY)
      },
      async deliver(mail) {
        world.transactions.push({ host: name, mail })
        said += `MAIL ${mail.id}\n`
        if (behaviour.takes !== undefined) await sleep(world.clock, behaviour.takes)
        const transaction = isOpen ? world.#judge(name, mail, behaviour) : dropped(mail)
        transactions++
        if (transaction.hostTrouble !== null) close()
        return transaction
      },
      transcript() {
        const all = said
        said = ''
        return all
      },
      end: async () => close(),
      destroy: close,
    }
  }

  #judge(host: string, mail: OutboundMail, { judges = () => 'accept' }: Behaviour): Transaction {
    const judgements = mail.recipients.map(({ recipient }) => ({ recipient, says: judges(recipient, mail) }))
    if (judgements.some(({ says }) => says === 'drop')) return dropped(mail)
    const verdicts = judgements.map(({ recipient, says }): Verdict => {
      if (says === 'accept') return { recipient, kind: 'accepted', reply: '250 2.0.0 Ok', reports: false }
      if (says === 'refuse') return { recipient, kind: 'refused', reply: '550 5.1.1 No such user' }
      if (says === 'again') return { recipient, kind: 'again', reply: '452 4.5.3 Too many recipients' }
      return { recipient, kind: 'later', reply: '451 4.7.1 Try again later' }
    })
    for (const { recipient, kind } of verdicts)
      if (kind === 'accepted') this.taken.push({ host, id: mail.id, recipient, at: this.clock.now() })
    return { verdicts, hostTrouble: null }
  }

  #count(name: string, change: number): void {
    const now = (this.open.get(name) ?? 0) + change
    this.open.set(name, now)
    this.most.set(name, Math.max(now, this.most.get(name) ?? 0))
    const all = [...this.open.values()].reduce((a, b) => a + b, 0)
    this.mostAtOnce = Math.max(all, this.mostAtOnce)
  }
}

function dropped({ recipients }: OutboundMail): Transaction {
  const reply = '450 4.4.2 Connection lost'
  return { verdicts: recipients.map(({ recipient }) => ({ recipient, kind: 'later', reply })), hostTrouble: reply }
}
