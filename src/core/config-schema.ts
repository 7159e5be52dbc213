/** Every key of the configuration file: its kind, its default, its bounds and what it is for. */
import { z } from 'zod'
import { key, section } from './config-keys.js'
import { keysFit } from './config-listener.js'
import { imap, smtp, submission } from './config-protocols.js'
import { queue } from './config-queue.js'
import {
  inList,
  inTable,
  keyWithCertificate,
  mailboxesDiffer,
  noneTwice,
  onePathEach,
  onePortEach,
  siteNamesDiffer,
} from './config-relations.js'
import { store } from './config-store.js'
import {
  count,
  described,
  domainName,
  domainPattern,
  duration,
  fileMode,
  ipAddress,
  ipNetwork,
  mailAddress,
  path,
  size,
} from './config-values.js'
import { authLimits, imapLimits, smtpLimits, storeLimits } from './limits.js'

export const services = ['smtp', 'submission', 'submissions', 'lmtp', 'imap', 'imaps', 'admin'] as const
export const mechanisms = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'] as const
export const specialUses = ['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash'] as const
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

const listener = z
  .strictObject({
    service: z.enum(services).meta({ description: `${services.join(', ')}; submissions and imaps begin with TLS` }),
    address: ipAddress()
      .optional()
      .meta({ description: 'IP address to listen on; left out: 0.0.0.0; "::" is IPv6 alone' }),
    port: count({ max: 65_535 }).optional().meta({ description: 'needed, but for a path; 0 takes any free port' }),
    path: path().optional().meta({ description: 'for lmtp, instead of address and port: a unix socket' }),
    mode: fileMode().optional().meta({ description: 'permissions of that socket: who may deliver; "0660"' }),
    trusted: key(z.boolean(), false, 'lmtp may be on an address that others reach; whoever does may deliver'),
    proxy_protocol: key(z.boolean(), false, 'only proxies connect, and say for whom in a PROXY header, version 1 or 2'),
    proxy_from: z
      .array(ipNetwork())
      .min(1)
      .optional()
      .meta({ description: 'their addresses and networks, such as "10.0.0.0/8"; needed for proxy_protocol' }),
    max_connections: count({ min: 1 })
      .optional()
      .meta({
        description: `connections at once; ${smtpLimits.maxConnections}, or ${imapLimits.maxConnections} for imap and imaps`,
      }),
  })
  .superRefine(keysFit, inTable)

const site = z.strictObject({
  names: z
    .array(domainPattern({ all: false }))
    .min(1)
    .meta({
      description:
        'names that a client may ask for (SNI), each in one table; "*.example.org" is all one level below, an exact name goes first',
    }),
  certificate: path().meta({ description: 'PEM file, the whole chain' }),
  key: path().meta({ description: 'PEM file' }),
})

const tls = section(
  {
    certificate: path()
      .optional()
      .meta({ description: 'PEM file, the whole chain; left out: a self-signed one is made in data_dir/tls' }),
    key: path().optional().meta({ description: 'PEM file' }),
    site: key(z.array(site).superRefine(siteNamesDiffer, inList), [], 'certificates for other names'),
  },
  'certificates; paths are relative to the folder of this file',
).superRefine(keyWithCertificate, inTable)

const auth = section(
  {
    mechanisms: key(
      z.array(z.enum(mechanisms)).min(1).superRefine(noneTwice, inList),
      [...mechanisms],
      'SASL mechanisms to offer in TLS; their order means nothing. Without PLAIN and LOGIN, no password travels as it is',
    ),
    cache_ttl: key(
      duration({ min: 0 }),
      authLimits.cacheTtl,
      'how long a right password is remembered in memory; "0s": not',
    ),
    max_failures: key(
      count({ min: 1, max: 1000 }),
      authLimits.maxFailures,
      'failed logins of one account or address before it is refused for a while',
    ),
    min_password_length: key(
      count({ min: 1, max: authLimits.passwordOctets }),
      authLimits.minPasswordLength,
      'characters that a password must have when it is set; those of before stay good',
    ),
  },
  'logging in',
)

const quota = section(
  {
    default: key(size(), storeLimits.quotaOctets, 'octets of a user for whom nothing else was set; "0": no limit'),
    messages: key(count({ max: 1e9 }), storeLimits.quotaMessages, 'the same of messages; 0: no limit'),
    reply: key(z.enum(['permanent', 'temporary']), 'permanent', 'a full mailbox answers 552 5.2.2 or 452 4.2.2'),
  },
  'how much mail an account may keep',
)

const log = section({ level: key(z.enum(levels), 'info', `${levels.join(', ')}`) }, 'JSON lines on stderr')

const mailbox = z.strictObject({
  name: z
    .string()
    .refine((name) => /^[^/\p{Cc}*%]+(?:\/[^/\p{Cc}*%]+)*$/u.test(name) && Buffer.byteLength(name) <= 255, {
      error: ({ input }) => `must be a mailbox name, is ${described(input)}`,
    })
    .meta({ description: 'levels are separated by /' }),
  special_use: z
    .enum(specialUses)
    .optional()
    .meta({ description: `RFC 6154: ${specialUses.join(', ')}` }),
})
type MailboxSetting = z.output<typeof mailbox>

const USUAL: MailboxSetting[] = [
  { name: 'Drafts', special_use: '\\Drafts' },
  { name: 'Sent', special_use: '\\Sent' },
  { name: 'Trash', special_use: '\\Trash' },
  { name: 'Spam', special_use: '\\Junk' },
  { name: 'Archive', special_use: '\\Archive' },
]

const accounts = section(
  {
    default_mailboxes: key(
      z.array(mailbox).superRefine(mailboxesDiffer, inList),
      USUAL,
      'what a new user has, besides INBOX; left out: Drafts, Sent, Trash, Spam and Archive; []: nothing else',
    ),
    postmaster: mailAddress().optional().meta({
      description:
        'who gets mail for postmaster in domains that have no such user or alias; left out: whom the catch-all names, or the oldest user',
    }),
    address_literals: z.array(ipAddress()).optional().meta({
      description:
        'IP addresses by which people may write to us, as alice@[192.0.2.1]; left out: those that listeners are bound to',
    }),
  },
  'users',
)

const admin = section({}, 'the HTTP interface of the admin listener; has no keys yet')

export const settings = z.strictObject({
  hostname: domainName().meta({ description: 'how the server calls itself to others: its name in the DNS' }),
  data_dir: path().meta({ description: 'where everything is kept; relative to the folder of this file' }),
  listener: z
    .array(listener)
    .min(1)
    .superRefine(onePortEach, inList)
    .superRefine(onePathEach, inList)
    .meta({ description: 'one table for each port or socket' }),
  tls,
  smtp,
  submission,
  imap,
  auth,
  quota,
  queue,
  log,
  accounts,
  store,
  admin,
})

export type Settings = z.output<typeof settings>
