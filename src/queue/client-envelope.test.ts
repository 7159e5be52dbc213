import { describe, expect, test } from 'vitest'
import { clientLimits } from '../core/limits.js'
import type { Envelope, RecipientDsn } from '../store/store.js'
import { type Capabilities, NO_CAPABILITIES } from './client-capabilities.js'
import { type Fit, fitOf, isChunked, mailLine, rcptLine, tooLarge } from './client-envelope.js'
import type { OutboundMail } from './contracts.js'

const ALL: Capabilities = {
  ...NO_CAPABILITIES,
  ...{ eightBit: true, utf8: true, chunking: true, binary: true, dsn: true, size: 0 },
}
const DSN: RecipientDsn = { notify: null, originalRecipient: null }
const ENVELOPE: Envelope = { body: null, utf8: false, returned: null, envelopeId: null }

interface Given {
  readonly from?: string
  readonly to?: readonly string[]
  readonly needs?: Partial<OutboundMail['content']['needs']>
  readonly envelope?: Partial<Envelope>
}

const mail = ({ from = 'a@b.example', to = ['c@d.example'], needs, envelope }: Given): OutboundMail => ({
  id: 'q1',
  from,
  envelope: { ...ENVELOPE, ...envelope },
  recipients: to.map((recipient) => ({ recipient, dsn: DSN })),
  content: {
    needs: { eightBitBody: false, eightBitHeader: false, binary: false, ...needs },
    open: async () => null,
  },
})

const without = (...names: (keyof Capabilities)[]): Capabilities => ({
  ...ALL,
  ...Object.fromEntries(names.map((name) => [name, NO_CAPABILITIES[name]])),
})

function fitting(given: Given, can = ALL): Fit {
  const fit = fitOf(mail(given), can, 'mx.example')
  if ('refused' in fit) throw new Error(fit.refused)
  return fit
}

test.each<[Given, Capabilities, Partial<Fit>]>([
  [{}, ALL, { form: 'as-is', body: null, utf8: false }],
  [{}, NO_CAPABILITIES, { form: 'as-is', body: null, utf8: false }],
  [{ needs: { eightBitBody: true } }, ALL, { form: 'as-is', body: '8BITMIME' }],
  [{ needs: { eightBitBody: true } }, NO_CAPABILITIES, { form: '7bit', body: null }],
  [{ needs: { binary: true } }, ALL, { form: 'as-is', body: 'BINARYMIME' }],
  [{ needs: { binary: true } }, without('binary'), { form: '7bit', body: null }],
  [{ needs: { eightBitHeader: true } }, ALL, { form: 'as-is', body: '8BITMIME', utf8: true }],
  [{ needs: { eightBitHeader: true } }, without('eightBit'), { form: 'as-is', body: null, utf8: true }],
  [{ envelope: { utf8: true } }, ALL, { utf8: true }],
  [{ envelope: { utf8: true } }, NO_CAPABILITIES, { utf8: false }],
  [{ from: 'ü@b.example' }, ALL, { utf8: true, from: 'ü@b.example' }],
  [{ to: ['c@ü.example'] }, ALL, { utf8: true }],
  [{ from: 'a@ü.example' }, NO_CAPABILITIES, { utf8: false, from: 'a@xn--tda.example' }],
])('%j fits', (given, can, fit) => {
  expect(fitting(given, can)).toMatchObject(fit)
})

test.each<[Given, string]>([
  [
    { from: 'ü@b.example' },
    '550 5.6.7 mx.example takes no addresses outside ASCII, as the sender’s is'.replace('’', "'"),
  ],
  [
    { needs: { eightBitHeader: true } },
    '554 5.6.9 mx.example takes no header outside ASCII, as that of the message is',
  ],
  [{ from: 'a@b\r\nRSET' }, '553 5.1.7 The address of the sender has control characters'],
])('%j is refused', (given, refused) => {
  expect(fitOf(mail(given), NO_CAPABILITIES, 'mx.example')).toEqual({ refused })
})

test('only the recipients that cannot be named are left out', () => {
  const { recipients } = fitting({ to: ['a@b.example', 'ü@b.example', 'c@ü.example', 'x@y\nz'] }, NO_CAPABILITIES)
  expect(recipients.map(({ path, reply }) => path ?? reply)).toEqual([
    'a@b.example',
    '550 5.6.7 mx.example takes no addresses outside ASCII',
    'c@xn--tda.example',
    '553 5.1.3 Control characters in it',
  ])
})

describe('size', () => {
  const fit = fitting({})
  test.each([
    [null, 1000, null],
    [0, 1000, null],
    [1000, 1000, null],
    [1000, 1001, '552 5.3.4 mx.example takes messages of at most 1000 octets, and this one has 1001'],
  ])('%s takes %s: %s', (limit, size, refusal) => {
    expect(tooLarge(size, fit, { ...ALL, size: limit }, 'mx.example')).toBe(refusal)
  })

  test('an upper bound refuses nothing, and is not announced above the limit', () => {
    const can = { ...without('eightBit'), size: 1000 }
    const estimated = fitting({ needs: { eightBitBody: true } }, can)
    expect(tooLarge(2000, estimated, can, 'mx.example')).toBe(null)
    expect(mailLine(mail({}), estimated, can, 2000)).toBe('MAIL FROM:<a@b.example>')
    expect(mailLine(mail({}), estimated, can, 900)).toBe('MAIL FROM:<a@b.example> SIZE=900')
  })

  test('large messages and binary ones go in chunks', () => {
    expect(isChunked(clientLimits.chunkedFrom - 1, fit, ALL)).toBe(false)
    expect(isChunked(clientLimits.chunkedFrom, fit, ALL)).toBe(true)
    expect(isChunked(clientLimits.chunkedFrom, fit, NO_CAPABILITIES)).toBe(false)
    expect(isChunked(1, fitting({ needs: { binary: true } }), ALL)).toBe(true)
    const converted = fitting({ needs: { eightBitBody: true } }, without('eightBit'))
    expect(isChunked(clientLimits.chunkedFrom, converted, ALL)).toBe(false)
  })
})

test.each<[Given, Capabilities, string]>([
  [{}, NO_CAPABILITIES, 'MAIL FROM:<a@b.example>'],
  [{ from: '' }, ALL, 'MAIL FROM:<> SIZE=7'],
  [{ needs: { eightBitBody: true } }, ALL, 'MAIL FROM:<a@b.example> SIZE=7 BODY=8BITMIME'],
  [{ from: 'ü@b.example' }, ALL, 'MAIL FROM:<ü@b.example> SIZE=7 SMTPUTF8'],
  [
    { envelope: { returned: 'headers', envelopeId: 'a+b=c d' } },
    ALL,
    'MAIL FROM:<a@b.example> SIZE=7 RET=HDRS ENVID=a+2Bb+3Dc+20d',
  ],
  [{ envelope: { returned: 'full' } }, ALL, 'MAIL FROM:<a@b.example> SIZE=7 RET=FULL'],
  [{ envelope: { returned: 'full', envelopeId: 'x' } }, without('dsn'), 'MAIL FROM:<a@b.example> SIZE=7'],
])('%j', (given, can, line) => {
  expect(mailLine(mail(given), fitting(given, can), can, 7)).toBe(line)
})

test.each<[Partial<RecipientDsn>, boolean, string]>([
  [{}, false, ''],
  [{ notify: [] }, false, ' NOTIFY=NEVER'],
  [{ notify: ['success', 'delay'] }, false, ' NOTIFY=SUCCESS,DELAY'],
  [{ originalRecipient: 'rfc822;a+b@c.example' }, false, ' ORCPT=rfc822;a+2Bb@c.example'],
  [{ originalRecipient: 'utf-8;ü+1\\x{3D}@c.example' }, true, ' ORCPT=utf-8;ü+1\\x{3D}@c.example'],
  [{ originalRecipient: 'UTF-8;ü😀\\x{3D}@c.example' }, false, ' ORCPT=UTF-8;\\x{FC}\\x{1F600}\\x{3D}@c.example'],
])('%j with UTF-8 %s', (dsn, utf8, parameters) => {
  const fit = fitting({ envelope: { utf8 } })
  const line = (passed: boolean) => rcptLine('c@d.example', { ...DSN, ...dsn }, fit, passed)
  expect(line(true)).toBe(`RCPT TO:<c@d.example>${parameters}`)
  expect(line(false)).toBe('RCPT TO:<c@d.example>')
})
