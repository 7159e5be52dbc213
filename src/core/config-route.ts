/** [queue] and its routes: which of their keys go together, and between the settings and the QueueConfig in both directions. */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { z } from 'zod'
import type { QueueConfig, RouteConfig } from './config.js'
import type { Settings } from './config-schema.js'
import { isLoopback } from './ip-network.js'

type QueueSettings = Settings['queue']
type RouteSettings = QueueSettings['route'][number]
/** Not derived from the schema, which is made with the functions that take it. */
type Loose<K extends string> = { readonly [Key in K]?: unknown }
type LooseRoute = Loose<'user' | 'password_file' | 'tls' | 'host'>

/** RFC 8314 §3.3 */
const SUBMISSIONS = 465

const staysHere = (host: string): boolean => host === 'localhost' || isLoopback(host)

/** Whoever sits between us and the host, or answers in its place, could read what is said. */
const isUnverified = (tls: unknown): tls is string => tls === 'none' || tls === 'try' || tls === 'require'

/** Says all that is wrong, whatever else was refused. */
export function passwordsAreSafe(route: LooseRoute, cx: z.RefinementCtx): void {
  const complain = (key: keyof LooseRoute, message: string): void =>
    cx.addIssue({ code: 'custom', path: [key], message })
  const { user, password_file, tls, host } = route
  if (user === undefined && password_file !== undefined) complain('user', 'is missing: password_file needs it')
  if (user === undefined) return
  if (password_file === undefined) complain('password_file', 'is missing: user needs it')
  const name = (host as { readonly host?: unknown } | null | undefined)?.host
  if (isUnverified(tls) && typeof name === 'string' && !staysHere(name))
    complain('tls', `${tls} may show the password of ${user} to others: use verify or implicit`)
}

/** Which route is taken must not depend on the order of the file. */
export function domainsDiffer(routes: readonly Loose<'domain'>[], cx: z.RefinementCtx): void {
  routes.forEach(({ domain }, i) => {
    if (domain !== undefined && routes.findIndex((route) => route.domain === domain) < i)
      cx.addIssue({ code: 'custom', path: [i, 'domain'], message: `${domain} is there twice` })
  })
}

export function oneOfEachFamily(addresses: readonly unknown[], cx: z.RefinementCtx): void {
  const families = addresses.map((address) => isIP(String(address)))
  families.forEach((family, i) => {
    if (family !== 0 && families.indexOf(family) < i)
      cx.addIssue({ code: 'custom', path: [i], message: `is the second for IPv${family}` })
  })
}

/** `baseDir`: what the paths of files are relative to. */
export function queueOf(s: QueueSettings, baseDir: string): QueueConfig {
  return {
    deliver: s.deliver,
    retrySchedule: s.retry_schedule,
    delayWarning: s.delay_warning,
    history: s.history,
    suppressAfter: s.suppress_after,
    tls: s.tls,
    port: s.port,
    sourceAddresses: s.source_addresses,
    dnsServers: s.dns_servers.map(({ host, port }) => ({ address: host, port })),
    concurrency: s.concurrency,
    destinationConcurrency: s.destination_concurrency,
    messagesPerConnection: s.messages_per_connection,
    connectionTime: s.connection_time,
    routes: s.route.map((route) => routeOf(route, s.tls, baseDir)),
  }
}

function routeOf(route: RouteSettings, usual: QueueSettings['tls'], baseDir: string): RouteConfig {
  const { domain, host, user, password_file: file, rate, connections } = route
  const tls = route.tls ?? policyFor(host, user !== undefined) ?? usual
  const login = user === undefined || file === undefined ? null : { user, passwordFile: resolve(baseDir, file) }
  return { domain, ...host, tls, login, perMinute: rate ?? null, connections: connections ?? null }
}

function policyFor({ host, port }: RouteSettings['host'], withPassword: boolean): RouteConfig['tls'] | null {
  if (port === SUBMISSIONS) return 'implicit'
  return withPassword && !staysHere(host) ? 'verify' : null
}

/** The inverse. */
export function queueSettings(c: QueueConfig): QueueSettings {
  return {
    deliver: c.deliver,
    retry_schedule: [...c.retrySchedule],
    delay_warning: c.delayWarning,
    history: c.history,
    suppress_after: c.suppressAfter,
    tls: c.tls,
    port: c.port,
    source_addresses: [...c.sourceAddresses],
    dns_servers: c.dnsServers.map(({ address, port }) => ({ host: address, port })),
    concurrency: c.concurrency,
    destination_concurrency: c.destinationConcurrency,
    messages_per_connection: c.messagesPerConnection,
    connection_time: c.connectionTime,
    route: c.routes.map(routeSettings),
  }
}

const routeSettings = ({ domain, host, port, tls, login, perMinute, connections }: RouteConfig): RouteSettings => ({
  domain,
  host: { host, port },
  tls,
  ...(login !== null && { user: login.user, password_file: login.passwordFile }),
  ...(perMinute !== null && { rate: perMinute }),
  ...(connections !== null && { connections }),
})
