/** Where mail for a destination goes now: by a route of the configuration, to an address literal, or by MX. */
import { isIP } from 'node:net'
import type { QueueConfig } from '../core/config.js'
import { addressLiteral, literalAddress } from '../core/ip-address.js'
import type { Destination } from '../store/outbound-store.js'
import type { Plan, Planner } from './contracts.js'
import { addressesOf } from './host-addresses.js'
import { type Hosts, hostsByMx, type MxParts } from './mx-hosts.js'
import { type Route, routeFor } from './routes.js'

export interface PlanRules extends Pick<QueueConfig, 'deliver' | 'tls' | 'port'> {
  readonly routes: readonly Route[]
}

export interface PlannerParts extends MxParts {
  /** Asked for each plan, so that a reload takes effect. */
  readonly rules: () => PlanRules
}

export class MailPlanner implements Planner {
  readonly #parts: PlannerParts

  constructor(parts: PlannerParts) {
    this.#parts = parts
  }

  async plan(destination: Destination): Promise<Plan> {
    const { deliver, routes, tls, port } = this.#parts.rules()
    if (deliver === 'none') return { kind: 'kept', reply: '450 4.3.2 Nothing is sent: queue.deliver is none' }
    const route = routeFor(routes, destination)
    if (route !== null) return this.#byRoute(route)
    if (deliver === 'routes')
      return { kind: 'kept', reply: `450 4.4.4 No route for ${destination}, and queue.deliver is routes` }
    const literal = literalAddress(destination)
    const found =
      literal === null ? await hostsByMx(destination, port, this.#parts) : this.#atLiteral(destination, literal, port)
    if (found.kind !== 'hosts') return found
    const settings = { tls, credentials: null, perMinute: null, connections: null }
    return { ...found, key: `mx ${destination}`, settings }
  }

  /** Its host as it is, whatever its MX. That it cannot be found is ours to mend, so no mail fails for it. */
  async #byRoute({ domain, host, port, settings }: Route): Promise<Plan> {
    const found = await addressesOf(this.#parts.resolver, host)
    if (found.kind === 'none') return { kind: 'later', reply: `451 4.4.4 ${host} of a route has no address` }
    if (found.kind === 'unknown')
      return { kind: 'later', reply: `451 4.4.3 Cannot look up ${host} of a route: ${found.why}` }
    const name = isIP(host) === 0 ? host : addressLiteral(host)
    return { kind: 'hosts', key: `route ${domain}`, hosts: [{ name, port, addresses: found.addresses }], settings }
  }

  /** RFC 5321 §4.1.3: no name is looked up. `address`: empty for a literal of another kind. */
  #atLiteral(name: Destination, address: string, port: number): Hosts {
    if (address === '') return { kind: 'failed', reply: `550 5.1.2 ${name} is no address that can be reached` }
    const where = this.#parts.own.whereabouts(port)(address)
    if (where === 'ours') return { kind: 'failed', reply: `550 5.4.6 Mail loop: ${name} is this server` }
    if (where === 'nowhere') return { kind: 'failed', reply: `550 5.4.4 ${name} is no address of a server` }
    return { kind: 'hosts', hosts: [{ name, port, addresses: [address] }] }
  }
}
