/** The keys of [queue]: where mail for others goes, how many connections it has, and how long it is tried. */
import { z } from 'zod'
import { key, section } from './config-keys.js'
import { inList, inTable } from './config-relations.js'
import { domainsDiffer, oneOfEachFamily, passwordsAreSafe } from './config-route.js'
import { count, described, domainPattern, duration, hostPort, ipAddress, ipPort, path } from './config-values.js'
import { queueLimits } from './limits.js'

const MINUTE = 60_000
const RETRY_SCHEDULE = [5, 15, 30, 60, 120, 240, 480, 960, 1440].map((minutes) => minutes * MINUTE)

export const deliveries = ['all', 'routes', 'none'] as const
/** Of mail that goes by MX: RFC 8314 is not for port 25. */
const mxPolicies = ['none', 'try', 'require', 'verify'] as const
export const tlsPolicies = [...mxPolicies, 'implicit'] as const

const userName = z.string().refine((name) => /^\P{Cc}+$/u.test(name) && Buffer.byteLength(name) <= 255, {
  error: ({ input }) => `must be a user name, is ${described(input)}`,
})

const route = z
  .strictObject({
    domain: domainPattern({ all: true }).meta({
      description:
        'recipient domain; "*.example.net" is all below it, "*" every domain and address; of several that fit, the longest is taken',
    }),
    host: hostPort().meta({
      description: 'where its mail goes instead of its MX hosts: address or name, found by DNS, and port; 25',
    }),
    tls: z.enum(tlsPolicies).optional().meta({
      description:
        'as queue.tls, and implicit: TLS from the start, verified; left out: implicit on port 465, verify for a user who is not on loopback, else as queue.tls',
    }),
    user: userName.optional().meta({
      description: 'who we log in as; never in clear or to a host that is not verified, but on loopback',
    }),
    password_file: path()
      .optional()
      .meta({ description: 'file with the password on its only line; goes together with user' }),
    rate: count({ min: 1 }).optional().meta({ description: 'messages in a minute at most; left out: no limit' }),
    connections: count({ min: 1, max: 10_000 })
      .optional()
      .meta({ description: 'connections at once; left out: as queue.destination_concurrency' }),
  })
  .superRefine(passwordsAreSafe, inTable)

const connections = (preset: number, description: string) => key(count({ min: 1, max: 10_000 }), preset, description)

export const queue = section(
  {
    deliver: key(
      z.enum(deliveries),
      'all',
      'all; routes: only where a route says so; none: nothing leaves. What does not leave stays in the queue, which counts as no attempt, and the log says where ("Mail stays in the queue"). Without a configuration file it is routes',
    ),
    retry_schedule: key(
      z.array(duration()).min(1).max(100),
      RETRY_SCHEDULE,
      'how long to wait after each failed attempt; after the last one mail is returned',
    ),
    delay_warning: key(
      duration({ min: 0 }),
      queueLimits.delayWarning,
      'when the sender is told that mail still waits; "0s": never',
    ),
    history: key(
      duration({ min: 0 }),
      queueLimits.history,
      'how long it is known what became of mail; "0s": not at all',
    ),
    suppress_after: key(
      count({ min: 0 }),
      0,
      'messages of which reports say that an address is no good, within 30 days, until nothing more is sent to it; 0: it always is',
    ),
    tls: key(
      z.enum(mxPolicies),
      'try',
      'to other servers: none; try: encrypted where offered, else in clear; require: encrypted, whatever the certificate; verify: with a certificate for the name of the host',
    ),
    port: key(count({ min: 1, max: 65_535 }), 25, 'of MX hosts; another one is for tests and private networks'),
    source_addresses: key(
      z.array(ipAddress()).superRefine(oneOfEachFamily, inList),
      [],
      'our own address that connections come from: one for IPv4, one for IPv6; []: the system chooses',
    ),
    dns_servers: key(
      z.array(ipPort({ port: 53 })).max(10),
      [],
      'name servers that are asked, such as "127.0.0.1" or "[::1]:5353"; []: those of the system',
    ),
    concurrency: connections(queueLimits.concurrency, 'connections to all other servers at once'),
    destination_concurrency: connections(queueLimits.destinationConcurrency, 'of them, to one domain or by one route'),
    messages_per_connection: key(
      count({ min: 1 }),
      queueLimits.messagesPerConnection,
      'then another connection is opened',
    ),
    connection_time: key(duration(), queueLimits.connectionTime, 'after which a connection gets no further message'),
    route: key(z.array(route).superRefine(domainsDiffer, inList), [], 'smart hosts, looked at before MX records'),
  },
  'sending mail',
)
