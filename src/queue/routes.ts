/** The routes of the configuration: which of them a destination takes. */
import type { Destination } from '../store/outbound-store.js'
import type { RouteSettings } from './contracts.js'

export interface Route {
  /** A domain, `*.domain` for all below it, or `*`. No two routes have the same. */
  readonly domain: string
  /** A name, or an IP address in its canonical form. */
  readonly host: string
  readonly port: number
  readonly settings: RouteSettings
}

/** The most specific: the very domain, then the longest `*.domain`, then `*`, which also takes address literals. */
export function routeFor(routes: readonly Route[], destination: Destination): Route | null {
  const fitting = routes.filter(({ domain }) => fits(domain, destination))
  const exact = fitting.find(({ domain }) => domain === destination)
  return exact ?? fitting.reduce<Route | null>((best, one) => longer(best, one), null)
}

const fits = (pattern: string, destination: Destination): boolean =>
  pattern === '*' || pattern === destination || (pattern.startsWith('*.') && destination.endsWith(pattern.slice(1)))

const longer = (best: Route | null, one: Route): Route =>
  best === null || one.domain.length > best.domain.length ? one : best
