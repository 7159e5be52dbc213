/** What the file says and what comes of it; what is refused, and in which words. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Config, ConfigError, loadConfig, parseConfig } from './config.js'
import { imapLimits, smtpLimits } from './limits.js'

const BASE = '/etc/posthorn'
/** A listener with what it has by default. */
const tcp = (listener: object) => ({ kind: 'tcp', maxConnections: 100, trusted: false, proxyFrom: [], ...listener })

const LEAST = 'hostname = "mail.example.org"\ndata_dir = "data"\n[[listener]]\nservice = "smtp"\nport = 25\n'

const parse = (text: string, env = {}): Config => parseConfig(text, 'posthorn.toml', env, BASE)

/** The complaints about `text`; none when it is right. */
function complaints(text: string, env = {}): readonly string[] {
  try {
    parse(text, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.lines
    throw error
  }
}

test('the least that is needed, and the defaults', () => {
  const config = parse(LEAST)
  expect(config).toEqual({
    hostname: 'mail.example.org',
    dataDir: '/etc/posthorn/data',
    listeners: [tcp({ service: 'smtp', address: '0.0.0.0', port: 25 })],
    tls: { main: null, sites: [] },
    smtp: { limits: smtpLimits, bareNewline: 'reject', eightBitHeader: 'accept' },
    imap: { limits: imapLimits, administrators: [] },
    auth: {
      mechanisms: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'],
      cacheTtl: 300_000,
      maxFailures: 10,
      minPasswordLength: 8,
    },
    quota: { default: 1_073_741_824, messages: 0, reply: 'permanent' },
    queue: {
      deliver: 'all',
      retrySchedule: [5, 15, 30, 60, 120, 240, 480, 960, 1440].map((minutes) => minutes * 60_000),
      delayWarning: 14_400_000,
      history: 2_592_000_000,
      suppressAfter: 0,
      tls: 'try',
      port: 25,
      sourceAddresses: [],
      dnsServers: [],
      concurrency: 100,
      destinationConcurrency: 10,
      messagesPerConnection: 100,
      connectionTime: 300_000,
      routes: [],
    },
    log: { level: 'info' },
    accounts: {
      defaultMailboxes: [
        { name: 'INBOX', specialUse: null },
        { name: 'Drafts', specialUse: '\\Drafts' },
        { name: 'Sent', specialUse: '\\Sent' },
        { name: 'Trash', specialUse: '\\Trash' },
        { name: 'Spam', specialUse: '\\Junk' },
        { name: 'Archive', specialUse: '\\Archive' },
      ],
      postmaster: null,
      addressLiterals: [],
    },
    store: { duplicateWindow: 600_000, searchIndex: true, readerThreads: 1 },
  })
})

test('lmtp has a socket or a port, proxies are named with their networks', () => {
  const { listeners } = parse(`${LEAST}
[[listener]]
service = "lmtp"
path = "data/lmtp.sock"
[[listener]]
service = "lmtp"
path = "/run/posthorn/lmtp"
mode = "0666"
max_connections = 5
[[listener]]
service = "lmtp"
address = "127.0.0.1"
port = 24
[[listener]]
service = "lmtp"
port = 2424
trusted = true
[[listener]]
service = "imaps"
port = 993
proxy_protocol = true
proxy_from = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]
`)
  expect(listeners.slice(1)).toEqual([
    { kind: 'unix', service: 'lmtp', path: '/etc/posthorn/data/lmtp.sock', mode: 0o660, maxConnections: 100 },
    { kind: 'unix', service: 'lmtp', path: '/run/posthorn/lmtp', mode: 0o666, maxConnections: 5 },
    tcp({ service: 'lmtp', address: '127.0.0.1', port: 24 }),
    tcp({ service: 'lmtp', address: '0.0.0.0', port: 2424, trusted: true }),
    tcp({
      service: 'imaps',
      address: '0.0.0.0',
      port: 993,
      maxConnections: 200,
      proxyFrom: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'],
    }),
  ])
})

test('all of it is frozen', () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
  expect(frozen(parse(LEAST))).toBe(true)
})

test('every key that §13 of the architecture shows', () => {
  const config = parse(`
hostname = "Mail.Example.org"
data_dir = "/var/mail"
[[listener]]
service = "imaps"
address = "::1"
port = 993
max_connections = 7
[[listener]]
service = "admin"
address = "0:0:0:0:0:0:0:1"
port = 0
[tls]
certificate = "tls/fullchain.pem"
key = "/keys/privkey.pem"
[[tls.site]]
names = ["mail.other.example", "*.bücher.example"]
certificate = "other.pem"
key = "other.key"
[smtp]
max_message_size = "10MB"
max_recipients = 5
idle_timeout = "1m"
command_timeout = "2s"
data_timeout = "500ms"
bare_newline = "normalise"
[imap]
idle_heartbeat = "29m"
idle_max = "30m"
administrators = ["root@example.org"]
[auth]
mechanisms = ["PLAIN"]
cache_ttl = "0s"
max_failures = 3
min_password_length = 12
[quota]
default = "0"
messages = 1000
reply = "temporary"
[queue]
deliver = "routes"
retry_schedule = ["1s", "2s"]
delay_warning = "0s"
history = "1d"
suppress_after = 3
tls = "require"
port = 2525
source_addresses = ["192.0.2.1", "2001:DB8:0::1"]
dns_servers = ["192.0.2.53", "127.0.0.1:5353", "::1", "[::1]:5353"]
concurrency = 7
destination_concurrency = 2
messages_per_connection = 3
connection_time = "1m"
[[queue.route]]
domain = "*.example.net"
host = "127.0.0.1:2526"
tls = "none"
user = "ada"
password_file = "secret"
rate = 30
connections = 4
[[queue.route]]
domain = "*"
host = "[::1]:2527"
[log]
level = "trace"
[accounts]
default_mailboxes = []
[store]
duplicate_window = "0s"
[admin]
`)
  expect(config.hostname).toBe('mail.example.org')
  expect(config.dataDir).toBe('/var/mail')
  expect(config.listeners).toEqual([
    tcp({ service: 'imaps', address: '::1', port: 993, maxConnections: 7 }),
    tcp({ service: 'admin', address: '::1', port: 0 }),
  ])
  expect(config.tls).toEqual({
    main: { certificate: '/etc/posthorn/tls/fullchain.pem', key: '/keys/privkey.pem' },
    sites: [
      {
        names: ['mail.other.example', '*.xn--bcher-kva.example'],
        certificate: '/etc/posthorn/other.pem',
        key: '/etc/posthorn/other.key',
      },
    ],
  })
  expect(config.smtp.limits).toEqual({
    ...smtpLimits,
    maxMessageSize: 10_000_000,
    maxRecipients: 5,
    idleTimeout: 60_000,
    commandTimeout: 2000,
    dataTimeout: 500,
  })
  expect(config.imap.limits).toMatchObject({
    idleHeartbeat: 1_740_000,
    idleMax: 1_800_000,
    maxAppendSize: 10_000_000,
  })
  expect(config.imap.administrators).toEqual(['root@example.org'])
  expect(config.auth).toEqual({ mechanisms: ['PLAIN'], cacheTtl: 0, maxFailures: 3, minPasswordLength: 12 })
  expect(config.quota).toEqual({ default: 0, messages: 1000, reply: 'temporary' })
  expect(config.queue).toEqual({
    deliver: 'routes',
    retrySchedule: [1000, 2000],
    delayWarning: 0,
    history: 86_400_000,
    suppressAfter: 3,
    tls: 'require',
    port: 2525,
    sourceAddresses: ['192.0.2.1', '2001:db8::1'],
    dnsServers: [
      { address: '192.0.2.53', port: 53 },
      { address: '127.0.0.1', port: 5353 },
      { address: '::1', port: 53 },
      { address: '::1', port: 5353 },
    ],
    concurrency: 7,
    destinationConcurrency: 2,
    messagesPerConnection: 3,
    connectionTime: 60_000,
    routes: [
      {
        domain: '*.example.net',
        host: '127.0.0.1',
        port: 2526,
        tls: 'none',
        login: { user: 'ada', passwordFile: '/etc/posthorn/secret' },
        perMinute: 30,
        connections: 4,
      },
      { domain: '*', host: '::1', port: 2527, tls: 'require', login: null, perMinute: null, connections: null },
    ],
  })
  expect(config.accounts.defaultMailboxes).toEqual([{ name: 'INBOX', specialUse: null }])
})

describe('is refused with one line', () => {
  const rows: [added: string, line: string][] = [
    ['[smtp]\nidle_timout = "5m"', '7: smtp.idle_timout: unknown key; did you mean idle_timeout?'],
    ['[imap]\nxyz = 1', '7: imap.xyz: unknown key'],
    ['[smpt]\nx = 1', '6: smpt: unknown key; did you mean smtp?'],
    ['[__proto__]\nx = 1', '6: __proto__: unknown key'],
    [
      '[smtp]\nidle_timeout = 5',
      '7: smtp.idle_timeout: must be a duration such as "30s" or "5m", from 1ms to 365d, is 5',
    ],
    [
      '[smtp]\nidle_timeout = "-5s"',
      '7: smtp.idle_timeout: must be a duration such as "30s" or "5m", from 1ms to 365d, is "-5s"',
    ],
    [
      '[imap]\nidle_heartbeat = "30m"',
      '7: imap.idle_heartbeat: must be a duration such as "30s" or "5m", from 1ms to 29m, is "30m"',
    ],
    ['[imap]\nidle_max = "1m"', '6: imap.idle_heartbeat: must not be longer than imap.idle_max'],
    ['[quota]\ndefault = "many"', '7: quota.default: must be a size such as "50MiB", is "many"'],
    ['[quota]\ndefault = -1', '7: quota.default: must be a size such as "50MiB", is -1'],
    ['[smtp]\nmax_recipients = "5"', '7: smtp.max_recipients: must be a whole number, is "5"'],
    ['[smtp]\nmax_recipients = 1.5', '7: smtp.max_recipients: must be a whole number, is 1.5'],
    ['[smtp]\nmax_recipients = 0', '7: smtp.max_recipients: must be at least 1, is 0'],
    ['[log]\nlevel = "loud"', '7: log.level: must be one of trace, debug, info, warn, error, fatal, is "loud"'],
    ['[[log]]\nlevel = "info"', '6: log: must be a table, is a list'],
    ['[[listener]]\nservice = "imap"', '6: listener.port: is missing'],
    ['[[listener]]\nservice = "imap"\nport = 65536', '8: listener.port: must be at most 65535, is 65536'],
    [
      '[[listener]]\nservice = "pop3"\nport = 110',
      '7: listener.service: must be one of smtp, submission, submissions, lmtp, imap, imaps, admin, is "pop3"',
    ],
    [
      '[[listener]]\nservice = "lmtp"\nport = 24\naddress = "192.0.2.1"',
      '9: listener.address: 192.0.2.1 can be reached by others, who may deliver anything by lmtp: set trusted = true if they are to',
    ],
    [
      '[[listener]]\nservice = "lmtp"\nport = 24',
      '6: listener.address: 0.0.0.0 can be reached by others, who may deliver anything by lmtp: set trusted = true if they are to',
    ],
    ['[[listener]]\nservice = "imap"\nport = 143\ntrusted = true', '9: listener.trusted: is for lmtp alone'],
    ['[[listener]]\nservice = "smtp"\npath = "s"', '8: listener.path: is for lmtp alone'],
    ['[[listener]]\nservice = "lmtp"\npath = "s"\nport = 24', '9: listener.port: does not go together with path'],
    [
      '[[listener]]\nservice = "lmtp"\npath = "s"\naddress = "127.0.0.1"',
      '9: listener.address: does not go together with path',
    ],
    [
      '[[listener]]\nservice = "lmtp"\npath = "s"\nproxy_protocol = true',
      '9: listener.proxy_protocol: does not go together with path',
    ],
    [
      '[[listener]]\nservice = "lmtp"\npath = "s"\nmode = "660"',
      '9: listener.mode: must be permissions such as "0660", is "660"',
    ],
    [
      '[[listener]]\nservice = "lmtp"\npath = "s"\nmode = "0060"',
      '9: listener.mode: must be permissions such as "0660", is "0060"',
    ],
    [
      '[[listener]]\nservice = "lmtp"\nport = 24\naddress = "::1"\nmode = "0660"',
      '10: listener.mode: is of a socket that has a path',
    ],
    [
      '[[listener]]\nservice = "lmtp"\npath = "s"\n[[listener]]\nservice = "lmtp"\npath = "s"',
      '11: listener.path: s is already taken by another listener',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 143\nproxy_protocol = true',
      '6: listener.proxy_from: is missing: proxy_protocol needs it',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 143\nproxy_from = ["::1"]',
      '9: listener.proxy_from: is without proxy_protocol = true',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 143\nproxy_protocol = true\nproxy_from = []',
      '10: listener.proxy_from: must not be empty',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 143\nproxy_protocol = true\nproxy_from = ["10.0.0.0/33"]',
      '10: listener.proxy_from: must be an IP address or a network such as "10.0.0.0/8", is "10.0.0.0/33"',
    ],
    [
      '[[listener]]\nservice = "admin"\nport = 143\nproxy_protocol = true\nproxy_from = ["::1"]',
      '9: listener.proxy_protocol: is not for admin',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 143\naddress = "localhost"',
      '9: listener.address: must be an IP address, is "localhost"',
    ],
    [
      '[[listener]]\nservice = "imap"\nport = 25',
      '8: listener.port: 0.0.0.0:25 is already taken by the smtp listener on 0.0.0.0',
    ],
    [
      '[[listener]]\nservice = "imap"\naddress = "127.0.0.1"\nport = 25',
      '9: listener.port: 127.0.0.1:25 is already taken by the smtp listener on 0.0.0.0',
    ],
    ['[tls]\ncertificate = "x.pem"', '6: tls.key: is missing: certificate and key go together'],
    ['[tls]\nkey = "x.pem"', '6: tls.certificate: is missing: certificate and key go together'],
    ['[[tls.site]]\nnames = []\ncertificate = "a"\nkey = "b"', '7: tls.site.names: must not be empty'],
    [
      '[[tls.site]]\nnames = ["a.test", "*.a.test"]\ncertificate = "a"\nkey = "b"\n[[tls.site]]\nnames = ["b.test", "A.TEST"]\ncertificate = "a"\nkey = "b"',
      '11: tls.site.names: a.test is there twice',
    ],
    [
      '[[tls.site]]\nnames = ["bücher.test", "xn--bcher-kva.test"]\ncertificate = "a"\nkey = "b"',
      '7: tls.site.names: xn--bcher-kva.test is there twice',
    ],
    ['[tls]\nsite = 3', '7: tls.site: must be a list, is 3'],
    [
      '[auth]\nmechanisms = ["PLAIN", "EXTERNAL"]',
      '7: auth.mechanisms: must be one of PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256, SCRAM-SHA-256-PLUS, is "EXTERNAL"',
    ],
    ['[auth]\nmechanisms = [\n"PLAIN",\n"PLAIN"]', '9: auth.mechanisms: PLAIN is there twice'],
    ['[queue]\nretry_schedule = []', '7: queue.retry_schedule: must not be empty'],
    [
      '[[queue.route]]\ndomain = "*."\nhost = "h"',
      '7: queue.route.domain: must be a domain name or "*.example.org" or "*", is "*."',
    ],
    [
      '[[queue.route]]\ndomain = "*"\nhost = "h:70000"',
      '8: queue.route.host: must be a host and port such as "127.0.0.1:2526", is "h:70000"',
    ],
    [
      '[[queue.route]]\ndomain = "a.test"\nhost = "h"\n[[queue.route]]\ndomain = "A.test"\nhost = "i"',
      '10: queue.route.domain: a.test is there twice',
    ],
    [
      '[[queue.route]]\ndomain = "*"\nhost = "h"\nuser = "ada"',
      '6: queue.route.password_file: is missing: user needs it',
    ],
    [
      '[[queue.route]]\ndomain = "*"\nhost = "h"\npassword_file = "p"',
      '6: queue.route.user: is missing: password_file needs it',
    ],
    [
      '[[queue.route]]\ndomain = "*"\nhost = "h"\nuser = ""\npassword_file = "p"',
      '9: queue.route.user: must be a user name, is ""',
    ],
    ...['none', 'try', 'require'].map((tls): [string, string] => [
      `[[queue.route]]\ndomain = "*"\nhost = "h.test"\nuser = "ada"\npassword_file = "p"\ntls = "${tls}"`,
      `11: queue.route.tls: ${tls} may show the password of ada to others: use verify or implicit`,
    ]),
    ['[queue]\ntls = "implicit"', '7: queue.tls: must be one of none, try, require, verify, is "implicit"'],
    ['[queue]\ndeliver = "some"', '7: queue.deliver: must be one of all, routes, none, is "some"'],
    ['[queue]\nport = 0', '7: queue.port: must be at least 1, is 0'],
    ['[queue]\nsource_addresses = ["192.0.2.1",\n"192.0.2.2"]', '8: queue.source_addresses: is the second for IPv4'],
    [
      '[queue]\ndns_servers = ["ns.test"]',
      '7: queue.dns_servers: must be an IP address such as "192.0.2.1" or "[2001:db8::1]:53", is "ns.test"',
    ],
    [
      '[accounts]\npostmaster = "root"',
      '7: accounts.postmaster: must be an address such as "root@example.org", is "root"',
    ],
    [
      '[accounts]\naddress_literals = ["mail.example.org"]',
      '7: accounts.address_literals: must be an IP address, is "mail.example.org"',
    ],
    [
      '[accounts]\ndefault_mailboxes = [{ name = "a//b" }]',
      '7: accounts.default_mailboxes.name: must be a mailbox name, is "a//b"',
    ],
    [
      '[accounts]\ndefault_mailboxes = [\n{ name = "a" },\n{ name = "a" }]',
      '9: accounts.default_mailboxes.name: a is there twice',
    ],
    [
      '[accounts]\ndefault_mailboxes = [{ name = "inbox", special_use = "\\\\Sent" }]',
      '7: accounts.default_mailboxes.special_use: is not for INBOX',
    ],
    ['[smtp]\nidle_timeout = ', '7: unspecified values are invalid (column 16)'],
    ['hostname', '6: expected equal (=) token (column 9)'],
    ['[log]\n[log]', '7: defining a key multiple times is invalid (column 2)'],
  ]
  test.each(rows)('%j', (added, line) => {
    expect(complaints(LEAST + added)).toEqual([`posthorn.toml:${line}`])
  })
})

test.each([
  ['host = "h.test"', 'try', 25],
  ['host = "h.test:465"', 'implicit', 465],
  ['host = "h.test:465"\ntls = "try"', 'try', 465],
  ['host = "h.test"\nuser = "ada"\npassword_file = "p"', 'verify', 25],
  ['host = "localhost"\nuser = "ada"\npassword_file = "p"', 'try', 25],
  ['host = "127.1.2.3"\nuser = "ada"\npassword_file = "p"\ntls = "none"', 'none', 25],
  ['host = "h.test"\nuser = "ada"\npassword_file = "p"\ntls = "implicit"', 'implicit', 25],
  ['host = "[::1]"\nuser = "ada"\npassword_file = "p"\ntls = "require"', 'require', 25],
])('a route with %j has the policy %s', (keys, tls, port) => {
  expect(parse(`${LEAST}[[queue.route]]\ndomain = "*"\n${keys}`).queue.routes).toMatchObject([{ tls, port }])
})

test('what is missing altogether is named without a line', () => {
  expect(complaints('')).toEqual([
    'posthorn.toml: hostname: is missing',
    'posthorn.toml: data_dir: is missing',
    'posthorn.toml: listener: is missing',
  ])
})

test('everything that is wrong is said, in the order of the file, and what keys have to do with each other too', () => {
  const text = `hostname = "-"
data_dir = ""
[tls]
key = "x"
[[tls.site]]
names = ["a.example"]
[[listener]]
service = "pop3"
port = 25
[[listener]]
service = "smtp"
port = 25
[imap]
idle_heartbeat = "10m"
idle_max = "5m"
nope = 1
[smtp]
idle_timeout = "x"
`
  const env = { POSTHORN_SMTP__IDLE_TIMOUT: '5', POSTHORN_SMTP__MAX_RECIPIENTS: 'many' }
  expect(complaints(text, env)).toEqual([
    'posthorn.toml:1: hostname: must be a domain name, is "-"',
    'posthorn.toml:2: data_dir: must be the path of a file or folder, is ""',
    'posthorn.toml:3: tls.certificate: is missing: certificate and key go together',
    'posthorn.toml:5: tls.site.certificate: is missing',
    'posthorn.toml:5: tls.site.key: is missing',
    'posthorn.toml:8: listener.service: must be one of smtp, submission, submissions, lmtp, imap, imaps, admin, is "pop3"',
    'posthorn.toml:12: listener.port: 0.0.0.0:25 is already taken by the pop3 listener on 0.0.0.0',
    'posthorn.toml:14: imap.idle_heartbeat: must not be longer than imap.idle_max',
    'posthorn.toml:16: imap.nope: unknown key',
    'posthorn.toml:18: smtp.idle_timeout: must be a duration such as "30s" or "5m", from 1ms to 365d, is "x"',
    'POSTHORN_SMTP__MAX_RECIPIENTS: smtp.max_recipients: must be a whole number, is "many"',
    'POSTHORN_SMTP__IDLE_TIMOUT: no key of the configuration; did you mean POSTHORN_SMTP__IDLE_TIMEOUT?',
  ])
})

describe('variables', () => {
  test.each([
    ['POSTHORN_HOSTNAME', 'other.example', (c: Config) => c.hostname, 'other.example'],
    ['POSTHORN_DATA_DIR', 'elsewhere', (c: Config) => c.dataDir, '/etc/posthorn/elsewhere'],
    ['POSTHORN_SMTP__IDLE_TIMEOUT', '1m', (c: Config) => c.smtp.limits.idleTimeout, 60_000],
    ['POSTHORN_SMTP__MAX_RECIPIENTS', '7', (c: Config) => c.smtp.limits.maxRecipients, 7],
    ['POSTHORN_SMTP__MAX_MESSAGE_SIZE', '2048', (c: Config) => c.smtp.limits.maxMessageSize, 2048],
    ['POSTHORN_AUTH__MECHANISMS', 'LOGIN, PLAIN', (c: Config) => c.auth.mechanisms, ['LOGIN', 'PLAIN']],
    ['POSTHORN_QUEUE__RETRY_SCHEDULE', '["1s"]', (c: Config) => c.queue.retrySchedule, [1000]],
    ['POSTHORN_QUEUE__RETRY_SCHEDULE', '1s', (c: Config) => c.queue.retrySchedule, [1000]],
    ['POSTHORN_LOG__LEVEL', 'debug', (c: Config) => c.log.level, 'debug'],
  ])('%s=%s', (name, value, read, expected) => {
    expect(read(parse(LEAST, { [name]: value }))).toEqual(expected)
  })

  test('override the file', () => {
    const config = parse(`${LEAST}[smtp]\nidle_timeout = "9m"\n`, { POSTHORN_SMTP__IDLE_TIMEOUT: '1m' })
    expect(config.smtp.limits.idleTimeout).toBe(60_000)
  })

  test('a wrong one is named, not the file', () => {
    const text = `${LEAST}[log]\nlevel = "info"\n`
    expect(complaints(text, { POSTHORN_LOG__LEVEL: 'x' })).toEqual([
      'POSTHORN_LOG__LEVEL: log.level: must be one of trace, debug, info, warn, error, fatal, is "x"',
    ])
  })

  test.each([
    ['POSTHORN_PORT', 'tcp://10.0.0.1:25', []],
    ['POSTHORN_SERVICE_HOST', '10.0.0.1', []],
    ['OTHER_SMTP__IDLE_TIMOUT', '1', []],
    [
      'POSTHORN_LISTENER__PORT',
      '25',
      ['POSTHORN_LISTENER__PORT: no key of the configuration; did you mean POSTHORN_QUEUE__PORT?'],
    ],
    [
      'POSTHORN_ACCOUNTS__DEFAULT_MAILBOXES',
      'a',
      [expect.stringMatching(/^POSTHORN_ACCOUNTS__DEFAULT_MAILBOXES: no key/)],
    ],
  ])('%s=%s', (name, value, lines) => {
    expect(complaints(LEAST, { [name]: value })).toEqual(lines)
  })

  test('a section that is no table in the file is left to the checks', () => {
    expect(complaints(`smtp = 5\n${LEAST}`, { POSTHORN_SMTP__IDLE_TIMEOUT: '1m' })).toEqual([
      'posthorn.toml:1: smtp: must be a table, is 5',
    ])
  })
})

describe('a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthorn-config-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is read, and its folder is where relative paths begin', async () => {
    await writeFile(join(folder, 'posthorn.toml'), `\uFEFF${LEAST.replaceAll('\n', '\r\n')}`)
    expect((await loadConfig(join(folder, 'posthorn.toml'), {})).dataDir).toBe(join(folder, 'data'))
  })

  test('that is not there, a folder, or not UTF-8 is refused', async () => {
    await writeFile(join(folder, 'latin1.toml'), Buffer.from('hostname = "b\xfccher"', 'latin1'))
    const lines = async (name: string) =>
      loadConfig(join(folder, name), {}).then(
        () => [],
        (error: ConfigError) => error.lines,
      )
    expect(await lines('none.toml')).toEqual([`${join(folder, 'none.toml')}: there is no such file`])
    expect(await lines('.')).toEqual([`${folder}: is a folder`])
    expect(await lines('latin1.toml')).toEqual([`${join(folder, 'latin1.toml')}: is not UTF-8`])
  })
})

/** Pieces of TOML that are keys, values or neither, and keys that exist. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '[',
      ']',
      '[[',
      ']]',
      '\n',
      '=',
      ' = ',
      '"',
      "'",
      '"""',
      '{',
      '}',
      ',',
      '.',
      '#',
      '\\',
      '\0',
      '\uFEFF',
      '-',
      '1',
      '1e999',
    ],
    ...[
      'nan',
      'inf',
      'true',
      '1979-05-27',
      '"5m"',
      '"1MiB"',
      '"x"',
      '99999999999999999999',
      '__proto__',
      'constructor',
    ],
    ...[
      'smtp',
      'listener',
      'tls',
      'site',
      'names',
      'queue',
      'route',
      'domain',
      'dns_servers',
      'source_addresses',
      'password_file',
      'accounts',
      'default_mailboxes',
      'postmaster',
      'address_literals',
      'name',
    ],
    ...[
      '\n[smtp]\nidle_timeout = ',
      '\n[[listener]]\nport = 25\n',
      '\n[[tls.site]]\n',
      'special_use = ',
      'log.level = ',
    ],
  ),
  fc.string({ maxLength: 5, unit: 'binary' }),
)

test('the addresses that listeners are bound to stand for our domain, unless others are named', () => {
  const listeners = ['"192.0.2.1"', '"2001:DB8:0::1"', '"0.0.0.0"', '"::"', '"192.0.2.1"'].map(
    (address, i) => `[[listener]]\nservice = "smtp"\nport = ${3000 + i}\naddress = ${address}\n`,
  )
  expect(parse(LEAST + listeners.join('')).accounts.addressLiterals).toEqual(['192.0.2.1', '2001:db8::1'])
  const named = '[accounts]\naddress_literals = ["198.51.100.7"]\npostmaster = "Root@B\u00dcCHER.example"\n'
  expect(parse(LEAST + listeners.join('') + named).accounts).toMatchObject({
    addressLiterals: ['198.51.100.7'],
    postmaster: 'Root@xn--bcher-kva.example',
  })
})

test('no text makes it throw anything but ConfigError, and every complaint is one line', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, whole) => {
      for (const line of complaints((whole ? LEAST : '') + pieces.join(''))) expect(line).not.toMatch(/[\r\n]/)
    }),
    { numRuns: 3000 },
  )
})

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('"5m"', '"1MiB"', '"x"', '5', '-1', '0.5', 'true', 'nan', '1979-05-27', '""', '"\\\\Sent"'),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('name', 'port', 'host', 'domain', 'key', 'x'), tie('any')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      .map((entries) => `{ ${entries.map(([key, inner]) => `${key} = ${inner}`).join(', ')} }`),
  ),
})).any

test('no value for any key does either', () => {
  const keys = ['hostname', 'data_dir', 'listener', 'tls', 'smtp', 'imap', 'auth', 'quota', 'queue', 'log', 'accounts']
  const inner = [
    'site',
    'max_recipients',
    'idle_timeout',
    'mechanisms',
    'default',
    'route',
    'default_mailboxes',
    'level',
  ]
  const line = fc.tuple(fc.constantFrom(...keys), fc.option(fc.constantFrom(...inner)), value)
  fc.assert(
    fc.property(fc.uniqueArray(line, { maxLength: 6, selector: ([key]) => key }), (lines) => {
      const text = lines.map(([key, sub, v]) => `${key}${sub === null ? '' : `.${sub}`} = ${v}`).join('\n')
      for (const complaint of complaints(text)) expect(complaint).toMatch(/^posthorn\.toml(:\d+)?: /)
    }),
    { numRuns: 2000 },
  )
})

test('nor does any value of a variable', () => {
  const names = ['HOSTNAME', 'DATA_DIR', 'TLS__KEY', 'SMTP__IDLE_TIMEOUT', 'QUEUE__RETRY_SCHEDULE', 'QUOTA__DEFAULT']
  const env = fc.dictionary(
    fc.constantFrom(...names.map((name) => `POSTHORN_${name}`)),
    fc.oneof(
      value.map(String),
      fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')),
    ),
  )
  fc.assert(
    fc.property(env, (variables) => {
      for (const complaint of complaints(LEAST, variables)) expect(complaint).toMatch(/^[^\r\n]+: [^\r\n]+$/)
    }),
    { numRuns: 500 },
  )
})

test('brackets that nest too deeply are refused', () => {
  expect(complaints(`x = ${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toEqual(['posthorn.toml: nested too deeply'])
})
