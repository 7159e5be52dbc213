import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, ConfigError, parseConfig } from './config.js'
import { localConfig } from './config-local.js'
import { showConfig } from './config-show.js'

const again = (config: Config): Config => parseConfig(showConfig(config), 'shown', {}, '/nowhere')

describe('the local profile', () => {
  test('has the ports of the README, on loopback alone', () => {
    const { listeners, hostname, dataDir } = localConfig({ dataDir: '/tmp/data' })
    expect(listeners.map((l) => (l.kind === 'tcp' ? `${l.service} ${l.address}:${l.port}` : l.path))).toEqual([
      'smtp 127.0.0.1:2525',
      'submission 127.0.0.1:2587',
      'submissions 127.0.0.1:2465',
      'imap 127.0.0.1:2143',
      'imaps 127.0.0.1:2993',
      'admin 127.0.0.1:2080',
    ])
    expect(hostname).toBe('mail.posthorn.test')
    expect(dataDir).toBe('/tmp/data')
  })

  test('--port-base moves all of them', () => {
    const { listeners } = localConfig({ dataDir: 'data', portBase: 12_000 })
    expect(listeners.map((l) => (l.kind === 'tcp' ? l.port : l.path))).toEqual([
      12_525, 12_587, 12_465, 12_143, 12_993, 12_080,
    ])
  })

  test.each([-1, 1.5, 64_543, Number.NaN])('--port-base %s is refused', (portBase) => {
    expect(() => localConfig({ dataDir: 'data', portBase })).toThrow(ConfigError)
  })

  test('the highest base is taken', () => {
    expect(localConfig({ dataDir: 'data', portBase: 64_542 }).listeners).toHaveLength(6)
  })

  test('sends mail to no one but by routes, unless a variable says so', () => {
    expect(localConfig({ dataDir: 'data' }).queue.deliver).toBe('routes')
    expect(localConfig({ dataDir: 'data', env: { POSTHORN_QUEUE__DELIVER: 'all' } }).queue.deliver).toBe('all')
  })

  test('variables override it', () => {
    const env = { POSTHORN_SMTP__MAX_MESSAGE_SIZE: '1MiB' }
    expect(localConfig({ dataDir: 'data', env }).smtp.limits.maxMessageSize).toBe(1_048_576)
  })
})

test('what is shown gives the same configuration', () => {
  const config = parseConfig(
    `hostname = "mail.example.org"
data_dir = "da\\"ta\\u007f"
listener = [
  { service = "smtp", port = 25, address = "::", proxy_protocol = true, proxy_from = ["10.0.0.0/8", "::1"] },
  { service = "imap", port = 143 },
  { service = "lmtp", path = "data/lmtp.sock", mode = "0600" },
  { service = "lmtp", address = "192.0.2.1", port = 24, trusted = true },
]
tls = { certificate = "c", key = "k", site = [{ names = ["*.a.example"], certificate = "c2", key = "k2" }] }
[queue]
route = [
  { domain = "*", host = "[::1]:26", user = "ada", password_file = "p", rate = 3, connections = 4 },
  { domain = "a.example", host = "b.example" },
]
dns_servers = ["::1", "192.0.2.1:5353"]
source_addresses = ["::1"]
[imap]
max_append_size = "1KiB"
[accounts]
default_mailboxes = [{ name = "a/\\\\b" }]
`,
    'file',
    {},
    '/base',
  )
  expect(again(config)).toEqual(config)
})

test('so does any choice of numbers', () => {
  const settings = fc.record({
    POSTHORN_SMTP__IDLE_TIMEOUT: fc.integer({ min: 1, max: 365 * 86_400_000 }).map((ms) => `${ms}ms`),
    POSTHORN_SMTP__MAX_MESSAGE_SIZE: fc.integer({ min: 1024, max: 2 ** 32 - 1 }).map(String),
    POSTHORN_QUOTA__DEFAULT: fc.maxSafeNat().map(String),
    POSTHORN_QUEUE__RETRY_SCHEDULE: fc
      .array(fc.nat({ max: 90_000 }), { minLength: 1 })
      .map((n) => n.map((s) => `${s + 1}s`).join()),
  })
  fc.assert(
    fc.property(settings, (env) => {
      const config = localConfig({ dataDir: '/data', env })
      expect(again(config)).toEqual(config)
    }),
    { numRuns: 50 },
  )
})
