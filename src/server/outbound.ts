/** Mail to others: joins the parts of the queue, and says which of them a new configuration replaces. */
import type { SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.js'
import type { Config } from '../core/config.js'
import type { Random } from '../core/ids.js'
import type { Log } from '../core/log.js'
import { OutboundContents } from '../queue/content.js'
import type { Dialer, Planner, Resolver } from '../queue/contracts.js'
import { SmtpDialer } from '../queue/dialer.js'
import { DnsResolver, nodeQueries } from '../queue/dns-resolver.js'
import { ownHosts } from '../queue/own-hosts.js'
import { MailPlanner } from '../queue/planner.js'
import type { Route } from '../queue/routes.js'
import { QueueRunner } from '../queue/runner.js'
import type { Store } from '../store/store.js'
import type { BoundListener } from './listeners.js'

export interface OutboundParts {
  readonly store: Store
  readonly config: () => Config
  /** With their passwords. */
  readonly routes: readonly Route[]
  /** Those that are open when `start` is called: mail for them would come back. */
  readonly listeners: readonly BoundListener[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Left out: the DNS. */
  readonly resolver?: Resolver
  /** Whose certificates are trusted; left out: those that Node trusts. */
  readonly trust?: SecureContext
}

/** What is built of a configuration. */
interface Way {
  readonly planner: Planner
  readonly dialer: Dialer
}

export class Outbound {
  readonly #parts: OutboundParts
  readonly #runner: QueueRunner
  #way: Way | null = null

  constructor(parts: OutboundParts) {
    const { store, config, clock, log } = parts
    const contents = new OutboundContents(store)
    this.#parts = parts
    this.#runner = new QueueRunner({
      ...{ store, clock, log },
      settings: () => config().queue,
      content: (claim) => contents.open(claim),
      planner: { plan: (destination) => this.#now.planner.plan(destination) },
      dialer: { open: (host, settings) => this.#now.dialer.open(host, settings) },
    })
  }

  /** The store, which says in the log what goes into the queue. */
  get store(): Store {
    const { store } = this.#parts
    return {
      ...store,
      accept: async (message) => {
        const accepted = await store.accept(message)
        this.#runner.enqueued(message)
        return accepted
      },
    }
  }

  /** Begins with what is left from before. */
  start(): void {
    this.#way = this.#build(this.#parts.routes)
    this.#runner.start()
  }

  /** Call when `config` says something new. What is under way is not disturbed. */
  renew(routes: readonly Route[]): void {
    this.#way = this.#build(routes)
    this.#runner.renew()
  }

  /** Ends what is under way. Calling it twice is fine. */
  stop(): Promise<void> {
    return this.#runner.stop()
  }

  get #now(): Way {
    if (this.#way === null) throw new Error('the queue was not started')
    return this.#way
  }

  #build(routes: readonly Route[]): Way {
    const { config, listeners, ...rest } = this.#parts
    const { hostname, queue } = config()
    const resolver = rest.resolver ?? new DnsResolver(nodeQueries(queue.dnsServers), rest.clock)
    const own = ownHosts({ hostname, listeners, addresses: () => config().accounts.addressLiterals })
    return {
      planner: new MailPlanner({ ...rest, resolver, own, rules: () => ({ ...config().queue, routes }) }),
      dialer: new SmtpDialer({ ...rest, hostname, sources: queue.sourceAddresses }),
    }
  }
}
