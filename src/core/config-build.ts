/** Between the settings as the file names them and the Config that the program uses, in both directions. */
import { resolve } from 'node:path'
import type { Config, DefaultMailbox, TlsConfig } from './config.js'
import { listenerSettings, toListener } from './config-listener.js'
import { isInbox } from './config-relations.js'
import { queueOf, queueSettings } from './config-route.js'
import type { Settings } from './config-schema.js'
import { imapLimits, smtpLimits } from './limits.js'

/** `baseDir`: what relative paths are relative to. */
export function toConfig(s: Settings, baseDir: string): Config {
  return freeze({
    hostname: s.hostname,
    dataDir: resolve(baseDir, s.data_dir),
    listeners: s.listener.map((one) => toListener(one, baseDir)),
    tls: tlsOf(s.tls, baseDir),
    smtp: { limits: smtpLimitsOf(s), bareNewline: s.smtp.bare_newline, eightBitHeader: s.smtp.eight_bit_header },
    imap: { limits: imapLimitsOf(s), administrators: s.imap.administrators },
    auth: {
      mechanisms: s.auth.mechanisms,
      cacheTtl: s.auth.cache_ttl,
      maxFailures: s.auth.max_failures,
      minPasswordLength: s.auth.min_password_length,
    },
    quota: { ...s.quota },
    queue: queueOf(s.queue, baseDir),
    log: { level: s.log.level },
    accounts: accountsOf(s),
    store: {
      duplicateWindow: s.store.duplicate_window,
      searchIndex: s.store.search_index,
      readerThreads: s.store.reader_threads,
    },
  })
}

function tlsOf({ certificate, key, site }: Settings['tls'], baseDir: string): TlsConfig {
  const files = (c: string, k: string) => ({ certificate: resolve(baseDir, c), key: resolve(baseDir, k) })
  return {
    main: certificate === undefined || key === undefined ? null : files(certificate, key),
    sites: site.map((one) => ({ names: one.names, ...files(one.certificate, one.key) })),
  }
}

const smtpLimitsOf = ({ smtp: s, submission }: Settings): Config['smtp']['limits'] => ({
  ...smtpLimits,
  maxMessageSize: s.max_message_size,
  maxRecipients: s.max_recipients,
  maxConnectionsPerAddress: s.max_connections_per_address,
  idleTimeout: s.idle_timeout,
  commandTimeout: s.command_timeout,
  dataTimeout: s.data_timeout,
  greetingDelay: s.greeting_delay,
  messagesPerHour: submission.messages_per_hour,
  recipientsPerHour: submission.recipients_per_hour,
  messagesPerHourPerAddress: s.messages_per_hour_per_address,
  recipientsPerHourPerAddress: s.recipients_per_hour_per_address,
})

const imapLimitsOf = ({ imap, smtp }: Settings): Config['imap']['limits'] => ({
  ...imapLimits,
  maxAppendSize: imap.max_append_size ?? smtp.max_message_size,
  maxConnectionsPerAddress: imap.max_connections_per_address,
  maxConnectionsPerUser: imap.max_connections_per_user,
  idleTimeout: imap.idle_timeout,
  commandTimeout: imap.command_timeout,
  literalTimeout: imap.literal_timeout,
  idleHeartbeat: imap.idle_heartbeat,
  idleMax: imap.idle_max,
})

const accountsOf = ({ accounts, listener }: Settings): Config['accounts'] => ({
  defaultMailboxes: mailboxesOf(accounts.default_mailboxes),
  postmaster: accounts.postmaster ?? null,
  addressLiterals: accounts.address_literals ?? boundAddresses(listener),
})

/** What a wildcard stands for is not known, and not needed where mail comes by name. */
function boundAddresses(listeners: Settings['listener']): readonly string[] {
  const addresses = listeners.flatMap(({ address }) => address ?? [])
  return [...new Set(addresses)].filter((address) => address !== '0.0.0.0' && address !== '::')
}

/** INBOX in front where the list does not have it. */
function mailboxesOf(list: Settings['accounts']['default_mailboxes']): readonly DefaultMailbox[] {
  const named = list.map(({ name, special_use }) => ({
    name: isInbox(name) ? 'INBOX' : name,
    specialUse: special_use ?? null,
  }))
  return named.some(({ name }) => name === 'INBOX') ? named : [{ name: 'INBOX', specialUse: null }, ...named]
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}

/** The inverse of toConfig, with every default written out. */
export function toSettings(c: Config): Settings {
  return {
    hostname: c.hostname,
    data_dir: c.dataDir,
    listener: c.listeners.map(listenerSettings),
    tls: { ...c.tls.main, site: c.tls.sites.map((site) => ({ ...site, names: [...site.names] })) },
    smtp: smtpSettings(c.smtp),
    submission: {
      messages_per_hour: c.smtp.limits.messagesPerHour,
      recipients_per_hour: c.smtp.limits.recipientsPerHour,
    },
    imap: imapSettings(c.imap),
    auth: {
      mechanisms: [...c.auth.mechanisms],
      cache_ttl: c.auth.cacheTtl,
      max_failures: c.auth.maxFailures,
      min_password_length: c.auth.minPasswordLength,
    },
    quota: { ...c.quota },
    queue: queueSettings(c.queue),
    log: { ...c.log },
    accounts: {
      default_mailboxes: c.accounts.defaultMailboxes.map(mailboxSetting),
      ...(c.accounts.postmaster !== null && { postmaster: c.accounts.postmaster }),
      address_literals: [...c.accounts.addressLiterals],
    },
    store: {
      duplicate_window: c.store.duplicateWindow,
      search_index: c.store.searchIndex,
      reader_threads: c.store.readerThreads,
    },
    admin: {},
  }
}

const smtpSettings = ({ limits, bareNewline, eightBitHeader }: Config['smtp']): Settings['smtp'] => ({
  max_message_size: limits.maxMessageSize,
  max_recipients: limits.maxRecipients,
  max_connections_per_address: limits.maxConnectionsPerAddress,
  messages_per_hour_per_address: limits.messagesPerHourPerAddress,
  recipients_per_hour_per_address: limits.recipientsPerHourPerAddress,
  idle_timeout: limits.idleTimeout,
  command_timeout: limits.commandTimeout,
  data_timeout: limits.dataTimeout,
  greeting_delay: limits.greetingDelay,
  bare_newline: bareNewline,
  eight_bit_header: eightBitHeader,
})

const imapSettings = ({ limits, administrators }: Config['imap']): Settings['imap'] => ({
  max_append_size: limits.maxAppendSize,
  max_connections_per_address: limits.maxConnectionsPerAddress,
  max_connections_per_user: limits.maxConnectionsPerUser,
  idle_timeout: limits.idleTimeout,
  command_timeout: limits.commandTimeout,
  literal_timeout: limits.literalTimeout,
  idle_heartbeat: limits.idleHeartbeat,
  idle_max: limits.idleMax,
  administrators: [...administrators],
})

const mailboxSetting = ({ name, specialUse }: DefaultMailbox): Settings['accounts']['default_mailboxes'][number] =>
  specialUse === null ? { name } : { name, special_use: specialUse }
