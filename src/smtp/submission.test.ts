import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { FakeSpool } from '../../test/fake-spool.js'
import type { SendingRights } from '../accounts/contracts.js'
import { smtpLimits } from '../core/limits.js'
import { MessageIntake } from './data.js'
import { Submission } from './submission.js'

const NOW = Date.UTC(2024, 1, 29, 12)
const ADDED = /Date: Thu, 29 Feb 2024 \d\d:\d\d:00 [+-]\d{4}\r\nMessage-ID: <q1@mx\.ours\.test>\r\n/
const USER = 'alice@ours.test'

/** What alice may write as is at ours.test and begins with a. */
const rights = (sendAs: 'own' | 'any' = 'own'): SendingRights => ({
  switches: async () => ({ sendAs, messagesPerHour: null, recipientsPerHour: null }),
  owns: async (user, localPart, domain) => user === USER && localPart.startsWith('a') && domain === 'ours.test',
})

async function take(pieces: readonly Buffer[], given: SendingRights = rights(), more = {}) {
  const spool = new FakeSpool()
  const submission = new Submission({ rights: given, user: USER, hostname: 'mx.ours.test', id: 'q1', now: NOW })
  const intake = new MessageIntake(spool, { limits: { ...smtpLimits, ...more }, bareNewline: 'reject', submission })
  await intake.writeTrace(Buffer.from('Received: ours\r\n'))
  for (const piece of pieces) await intake.write(piece, false)
  const finished = await intake.finish()
  return { spool, intake, kept: finished.kind === 'sealed' ? spool.text : finished.reply.wire }
}
const taken = async (text: string, given?: SendingRights): Promise<string> =>
  (await take([Buffer.from(text)], given)).kept

describe('a submitted message', () => {
  test('gets Date and Message-ID behind its header, and loses Bcc', async () => {
    const kept = await taken(
      'From: a@ours.test\r\nBcc: b@x,\r\n c@x\r\nTo: d@x\r\nRESENT-BCC: e@x\r\n\r\nBcc: body\r\n',
    )
    expect(kept.replace(ADDED, '(added)')).toBe(
      'Received: ours\r\nFrom: a@ours.test\r\nTo: d@x\r\n(added)\r\nBcc: body\r\n',
    )
  })

  test('keeps what it has, octet for octet', async () => {
    const text = 'date : nonsense\r\nFrom: a@ours.test\r\nMESSAGE-ID:\r\n\r\n\0\xff\r\n'
    expect(await taken(text)).toBe(`Received: ours\r\n${Buffer.from(text).toString('latin1')}`)
  })

  test('is given a header where it has none', async () => {
    expect((await taken('hello\r\n')).replace(ADDED, '(added)')).toBe('Received: ours\r\n(added)\r\nhello\r\n')
    expect((await taken('')).replace(ADDED, '(added)')).toBe('Received: ours\r\n(added)')
  })

  test('counts as many octets as the client has sent', async () => {
    expect((await take([Buffer.from('To: b@x\r\n\r\n')])).intake.size).toBe(11)
  })

  test.each([
    'From: b@ours.test\r\n\r\n',
    'From: a@ours.test\r\nFrom: b@ours.test\r\n\r\n',
    'From:\r\n Alice\r\n <b@ours.test>\r\n\r\n',
    'From : b@ours.test',
    `From: ${Array.from({ length: 101 }, () => 'a@ours.test').join(',\r\n ')}\r\n\r\n`,
    `From: a@ours.test (${'x'.repeat(65_536)})\r\n\r\n`,
  ])('of somebody else is refused, and nothing of it is left (%#)', async (text) => {
    const { kept, spool } = await take([Buffer.from(text)])
    expect(kept).toBe('553 5.7.1 From and Sender must be addresses of yours\r\n')
    expect(spool.discarded).toBe(true)
    expect(spool.sealed).toBe(false)
    expect(await taken(text, rights('any'))).toMatch(/^Received/)
  })

  test('has addresses in UTF-8', async () => {
    const asked: string[] = []
    const owns: SendingRights['owns'] = async (_, localPart, domain) => asked.push(`${localPart}@${domain}`) > 0
    await taken('From: älice@müller.test\r\n\r\n', { ...rights(), owns })
    expect(asked).toEqual(['älice@müller.test'])
  })

  test('that nobody can judge is a fault, and nothing of it is left', async () => {
    const failing: SendingRights = { ...rights(), switches: () => Promise.reject(new Error('no store')) }
    const spool = new FakeSpool()
    const submission = new Submission({ rights: failing, user: USER, hostname: 'x', id: 'q', now: NOW })
    const intake = new MessageIntake(spool, { limits: smtpLimits, bareNewline: 'reject', submission })
    await expect(intake.finish()).rejects.toThrow('no store')
    expect(spool.discarded).toBe(true)
  })

  test('what else speaks against it comes first', async () => {
    const { kept } = await take([Buffer.from('From: b@x\r\n\r\n')], rights(), { maxMessageSize: 5 })
    expect(kept).toMatch(/^552 5\.3\.4/)
  })

  test('every cut gives the same octets', async () => {
    const line = fc.constantFrom(
      '',
      'From: a@ours.test',
      'From: b@x',
      ' folded',
      'Bcc: c@x',
      'Date: d',
      'X',
      '.',
      'Sender: a@x',
    )
    const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((one) => `${one}\r\n`).join(''))
    const cuts = text.chain((whole) => fc.tuple(fc.constant(whole), cut(Buffer.from(whole))))
    await fc.assert(
      fc.asyncProperty(cuts, async ([whole, pieces]) => {
        expect((await take(pieces)).kept).toBe(await taken(whole))
      }),
    )
  })
})
