import { expect, test } from 'vitest'
import { parseConfig } from '../core/config.js'
import { reloaded } from './reload.js'

const config = (more = '', listener = '') =>
  parseConfig(
    `hostname = "m.test"\ndata_dir = "d"\n[[listener]]\nservice = "smtp"\nport = 2525\n${listener}\n${more}`,
    ...(['test', {}, '/'] as const),
  )

test('what is live is taken over; what is built in stays as it was and is named', () => {
  const next = config(
    '[log]\nlevel = "debug"\n[smtp]\nmax_recipients = 5\n[submission]\nmessages_per_hour = 7\n' +
      '[auth]\nmax_failures = 2\n[accounts]\npostmaster = "a@m.test"\n[store]\nduplicate_window = "1m"',
  )
  const { config: now, changed, needsRestart } = reloaded(config(), next)
  expect(changed).toEqual(['smtp', 'auth', 'log', 'accounts', 'store'])
  expect(needsRestart).toEqual(['store'])
  expect(now.smtp.limits).toMatchObject({ maxRecipients: 5, messagesPerHour: 7 })
  expect(now.log.level).toBe('debug')
  expect([now.auth, now.accounts]).toEqual([next.auth, next.accounts])
  expect(now.store).toEqual(config().store)
})

test('the limit of a port changes at once; another port, or one more, waits', () => {
  const limited = reloaded(config(), config('', 'max_connections = 7'))
  expect(limited.config.listeners[0]?.maxConnections).toBe(7)
  expect(limited.needsRestart).toEqual([])
  const moved = reloaded(config(), config('', 'address = "127.0.0.1"'))
  expect(moved.config.listeners).toEqual(config().listeners)
  expect(moved.needsRestart).toContain('listeners')
  expect(reloaded(config(), config('[[listener]]\nservice = "imap"\nport = 2143')).needsRestart).toEqual(['listeners'])
})

test('what a full mailbox answers changes at once, and how much fits', () => {
  const answered = reloaded(config(), config('[quota]\nreply = "temporary"'))
  expect(answered).toMatchObject({ changed: ['quota'], needsRestart: [] })
  expect(answered.config.quota.reply).toBe('temporary')
  const { config: now, needsRestart } = reloaded(config(), config('[quota]\ndefault = "5MiB"\nmessages = 5'))
  expect(needsRestart).toEqual([])
  expect(now.quota).toMatchObject({ default: 5 * 1024 * 1024, messages: 5 })
})

test('where mail for others goes changes at once', () => {
  const routed = reloaded(config(), config('[[queue.route]]\ndomain = "*"\nhost = "127.0.0.1:2526"'))
  expect(routed).toMatchObject({ changed: ['queue'], needsRestart: [] })
  expect(routed.config.queue.routes).toHaveLength(1)
})

test('nothing changed, nothing to say', () =>
  expect(reloaded(config(), config())).toEqual({ config: config(), changed: [], needsRestart: [] }))
