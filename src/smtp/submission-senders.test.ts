import { expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import type { SendingRights } from '../accounts/contracts.js'
import { SendingMeter } from '../accounts/sending.js'
import { FakeClock } from '../core/clock.js'
import { smtpLimits } from '../core/limits.js'
import type { SendingSwitches } from '../store/store.js'
import type { SmtpService } from './context.js'
import { type Sender, Senders } from './submission-senders.js'

const HOUR = 3_600_000
const USER = 'alice@ours.test'
const path = (address: string): Sender['from'] => {
  const [localPart = '', domain = ''] = address.split('@')
  return { localPart, domain, address }
}
const ALICE: Sender = { user: USER, from: path(USER) }
const STRANGER: Sender = { user: null, from: path('x@y.example') }

/** Alice writes as herself alone, unless `owns` says otherwise. */
function site(given: Partial<typeof smtpLimits>, switches: Partial<SendingSwitches> = {}, owns = false) {
  const clock = new FakeClock(0)
  const log = recordingLog()
  const rights: SendingRights = {
    switches: async () => ({ sendAs: 'own', messagesPerHour: null, recipientsPerHour: null, ...switches }),
    owns: async (user, localPart, domain) => owns || user === `${localPart}@${domain}`,
  }
  const meter = new SendingMeter({ clock })
  const limits = { ...smtpLimits, ...given }
  const from = (address: string, service: SmtpService = 'submission'): Senders =>
    new Senders({ service, rights, meter, limits, log }, address)
  return { clock, log, from, senders: from('192.0.2.9') }
}

const send = async (senders: Senders, sender: Sender, recipients = 1): Promise<string> => {
  const taken = await senders.take(sender, recipients)
  return typeof taken === 'function' ? 'counted' : taken.wire.slice(0, 9)
}
const begin = async (senders: Senders, sender: Sender): Promise<string | number> => {
  const admission = await senders.admit(sender)
  return admission.kind === 'admitted' ? admission.room : admission.reply.wire.slice(0, 9)
}

test('a user begins under an own address or none, whoever has not logged in under any', async () => {
  const { senders, log } = site({})
  expect(await begin(senders, ALICE)).toBe(smtpLimits.recipientsPerHour)
  expect(await begin(senders, { ...ALICE, from: null })).toBe(smtpLimits.recipientsPerHour)
  expect(await begin(senders, STRANGER)).toBe(Number.POSITIVE_INFINITY)
  expect(log.lines).toEqual([])
  expect(await begin(senders, { ...ALICE, from: path('ceo@bank.example') })).toBe('553 5.7.1')
  const reply = '553 5.7.1 Sender address is not one of yours'
  const fields = { client_ip: '192.0.2.9', username: USER, from: 'ceo@bank.example', reply }
  expect(log.lines).toEqual([{ level: 'info', message: 'Sender refused', fields }])
  expect(await begin(site({}, {}, true).senders, { ...ALICE, from: path('ceo@bank.example') })).toBeGreaterThan(0)
})

test('the limits of a user hold from every address, for an hour', async () => {
  const { clock, log, from } = site({ messagesPerHour: 2 } as never)
  expect(await send(from('192.0.2.9'), ALICE)).toBe('counted')
  expect(await send(from('127.0.0.1'), ALICE)).toBe('counted')
  expect(await begin(from('192.0.2.10'), ALICE)).toBe('450 4.7.1')
  expect(await send(from('192.0.2.10'), ALICE)).toBe('450 4.7.1')
  expect(log.lines[0]).toMatchObject({ level: 'warn', message: 'Sending limit reached', fields: { username: USER } })
  expect(await begin(from('192.0.2.10'), STRANGER)).toBe(Number.POSITIVE_INFINITY)
  await clock.advance(HOUR + 60_000)
  expect(await begin(from('192.0.2.10'), ALICE)).toBeGreaterThan(0)
})

test('recipients: the room gets less, and a message that has too many is refused at its end', async () => {
  const { senders } = site({ recipientsPerHour: 5 } as never)
  expect(await begin(senders, ALICE)).toBe(5)
  expect(await send(senders, ALICE, 3)).toBe('counted')
  expect(await begin(senders, ALICE)).toBe(2)
  expect(await send(senders, ALICE, 3)).toBe('450 4.7.1')
  expect(await send(senders, ALICE, 2)).toBe('counted')
  expect(await begin(senders, ALICE)).toBe('450 4.7.1')
})

test('a user has limits of the own, none too', async () => {
  const strict = site({}, { messagesPerHour: 1 })
  expect([await send(strict.senders, ALICE), await send(strict.senders, ALICE)]).toEqual(['counted', '450 4.7.1'])
  const free = site({ messagesPerHour: 1 } as never, { messagesPerHour: 0, recipientsPerHour: 0 })
  expect(await send(free.senders, ALICE)).toBe('counted')
  expect(await begin(free.senders, ALICE)).toBe(Number.POSITIVE_INFINITY)
})

test('the limits of an address hold for all who come from it, but on loopback and by LMTP', async () => {
  const { from } = site({ messagesPerHourPerAddress: 1 } as never)
  expect(await send(from('2001:db8::1', 'smtp'), STRANGER)).toBe('counted')
  expect(await begin(from('2001:db8::2', 'submission'), ALICE)).toBe('450 4.7.1')
  expect(await begin(from('2001:db8:1::1', 'smtp'), STRANGER)).toBe(Number.POSITIVE_INFINITY)
  for (const service of ['smtp', 'lmtp'] as const) {
    const address = service === 'smtp' ? '127.0.0.1' : '2001:db8::1'
    expect(await send(from(address, service), STRANGER)).toBe('counted')
    expect(await send(from(address, service), STRANGER)).toBe('counted')
  }
})

test('what was not stored is taken back', async () => {
  const { senders } = site({ messagesPerHour: 1 } as never)
  const taken = await senders.take(ALICE, 1)
  if (typeof taken === 'function') taken()
  expect(await send(senders, ALICE)).toBe('counted')
})
