import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut } from '../../test/arbitraries.js'
import { FakeSpool } from '../../test/fake-spool.js'
import { smtpLimits } from '../core/limits.js'
import { StoreError } from '../store/errors.js'
import { dotEncode } from '../wire/dot-decoder.js'
import { SmtpReader } from '../wire/smtp-reader.js'
import { MessageIntake } from './data.js'
import { LineEnds } from './line-ends.js'

/** Lines that matter here, in any order, with all kinds of line ends. */
const messageText = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        '',
        'Received: x',
        'RECEIVED:',
        ' received: folded',
        'Receive: x',
        'Received : x',
        'x',
        '.',
        '..x',
        ' ',
      ),
      fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.map(([line, end]) => line + end).join(''))

describe('LineEnds', () => {
  test('every cut gives CRLF for each CR, LF and CRLF, and changes nothing else', () => {
    const cuts = messageText.chain((text) => fc.tuple(fc.constant(text), cut(Buffer.from(text))))
    fc.assert(
      fc.property(cuts, ([text, pieces]) => {
        const lines = new LineEnds()
        let sent = ''
        const out = pieces.map((piece) => {
          sent += piece.toString('latin1')
          // As the decoder has it: a CR at the end may still be half of a CRLF.
          const bare = /\r[^\n]|(^|[^\r])\n/.test(sent)
          return lines.push(piece, bare)
        })
        expect(Buffer.concat([...out, lines.end()]).toString()).toBe(text.replace(/\r\n|\r|\n/g, '\r\n'))
      }),
    )
  })
})

describe('MessageIntake', () => {
  /** Takes dot-stuffed octets in pieces, as the session does. */
  async function take(
    pieces: readonly Buffer[],
    limits: Partial<typeof smtpLimits> = {},
    bareNewline: 'reject' | 'normalise' = 'reject',
  ) {
    const spool = new FakeSpool()
    const intake = new MessageIntake(spool, { limits: { ...smtpLimits, ...limits }, bareNewline })
    await intake.writeTrace(Buffer.from('Received: ours\r\n'))
    const reader = new SmtpReader()
    for (const piece of pieces) {
      reader.push(piece)
      const data = reader.data()
      if (data === null) continue
      await intake.write(data.octets, data.bare)
      if (data.done) break
    }
    return { spool, intake }
  }
  const ending = (text: string): Buffer =>
    Buffer.concat([Buffer.from(text), Buffer.from(text.endsWith('\r\n') || text === '' ? '.\r\n' : '\r\n.\r\n')])

  test('the trace fields come first, and the client’s octets as they were', async () => {
    const { spool, intake } = await take([dotEncode(Buffer.from('Subject: x\r\n\r\n.dot\r\n'))])
    expect(await intake.finish()).toMatchObject({ kind: 'sealed' })
    expect(spool.text).toBe('Received: ours\r\nSubject: x\r\n\r\n.dot\r\n')
    expect(intake.size).toBe(20)
    expect(spool.discarded).toBe(false)
  })

  test.each([
    ['reject', 'a\nb\r\n', {}, '550 5.5.2'],
    ['reject', 'a\rb\r\n', {}, '550 5.5.2'],
    ['reject', 'a\r\n\n.\r\n.\r\n', {}, '550 5.5.2'],
    ['reject', 'x'.repeat(101), { maxMessageSize: 100 }, '552 5.3.4'],
    ['normalise', 'x\n'.repeat(51), { maxMessageSize: 100 }, '552 5.3.4'],
    ['reject', 'Received: a\r\n'.repeat(3), { receivedFields: 2 }, '554 5.4.6'],
    ['reject', `${'X: y\r\n'.repeat(99)}\r\nx\r\n`, { header: 600 }, '552 5.3.4'],
    ['reject', `${'X: y\r\n'.repeat(4)}\r\nx\r\n`, { headerFields: 3 }, '552 5.3.4'],
    ['reject', `${'a:\r\n'.repeat(1_001)}\r\nx\r\n`, {}, '552 5.3.4'],
    ['reject', `Subject: ${'y'.repeat(300_000)}\r\n\r\nx\r\n`, {}, '552 5.3.4'],
  ] as const)('%s %j is refused with %s %s and leaves nothing', async (bareNewline, text, limits, code) => {
    const { spool, intake } = await take([ending(text)], limits as never, bareNewline)
    const result = await intake.finish()
    expect(result.kind === 'refused' && `${result.reply.code} ${result.reply.enhanced}`).toBe(code)
    expect(spool.discarded).toBe(true)
  })

  test('a body as long as it likes is no header', async () => {
    const { intake } = await take([ending(`Subject: x\r\n\r\n${'y'.repeat(1000)}\r\n`)], { header: 100 } as never)
    expect((await intake.finish()).kind).toBe('sealed')
  })

  test('as many octets and hops as the limits allow', async () => {
    const text = 'Received: a\r\n'.repeat(3)
    const { intake } = await take([ending(text)], { maxMessageSize: text.length, receivedFields: 3 } as never)
    expect((await intake.finish()).kind).toBe('sealed')
  })

  test('every cut of any message gives the same result', async () => {
    const limits = { maxMessageSize: 40, receivedFields: 1 } as never
    const cuts = messageText.chain((text) =>
      fc.tuple(fc.constant(ending(text)), cut(ending(text)), fc.constantFrom('reject', 'normalise')),
    )
    await fc.assert(
      fc.asyncProperty(cuts, async ([whole, pieces, mode]) => {
        const [one, many] = [
          await take([whole], limits, mode as 'reject'),
          await take(pieces, limits, mode as 'reject'),
        ]
        const [first, second] = [await one.intake.finish(), await many.intake.finish()]
        expect(second.kind === 'refused' ? second.reply : 'sealed').toEqual(
          first.kind === 'refused' ? first.reply : 'sealed',
        )
        if (first.kind === 'sealed') expect(many.spool.text).toBe(one.spool.text)
      }),
    )
  })

  test.each([false, true])('a spool that fails (later: %s) is told at the end, and discarded', async (later) => {
    const spool = new FakeSpool()
    spool.failure = new StoreError('unavailable', 'disk full')
    spool.failsLater = later
    const intake = new MessageIntake(spool, { limits: smtpLimits, bareNewline: 'reject' })
    await intake.writeTrace(Buffer.from('x'))
    await intake.write(Buffer.from('more'), false)
    await expect(intake.finish()).rejects.toBe(spool.failure)
    expect(spool.discarded).toBe(true)
    expect(spool.writes).toBe(1)
  })
})
