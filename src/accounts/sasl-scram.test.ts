import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScramStart, scramFinal, scramFirst } from '../../test/sasl-client.js'
import type { ScramKeys } from '../store/store.js'
import type { SaslStep } from './sasl-exchange.js'
import { Scram, type ScramOptions } from './sasl-scram.js'
import { scramKeys } from './secrets.js'

const EXPORTER = Buffer.alloc(32, 0xee)
const channelBinding = (type: string): Buffer | null => (type === 'tls-exporter' ? EXPORTER : null)
const USUAL: ScramOptions = { plus: false, plusOffered: false, channelBinding, nonce: 'server' }
const ANNA: ScramStart = { username: 'anna', nonce: 'client' }
const keys = await scramKeys('secret', Buffer.from('salt of 16 octet'), 4096)

const supplied = (step: SaslStep, scram: ScramKeys = keys): SaslStep =>
  step.kind === 'lookup' ? step.supply({ scram, cramMd5: () => Buffer.alloc(0) }) : step
const words = (step: SaslStep): string => (step.kind === 'challenge' ? step.octets.toString() : step.kind)

/** One whole exchange: what the machine finds, and what the client would find. */
function run(machine: Scram, start: ScramStart, { password = 'secret', binding = Buffer.alloc(0) } = {}) {
  const challenge = supplied(machine.start(Buffer.from(scramFirst(start))))
  if (challenge.kind !== 'challenge') return { step: challenge, verifier: '' }
  const { message, verifier } = scramFinal(start, password, challenge.octets.toString(), binding)
  return { step: machine.answer(Buffer.from(message)), verifier }
}

test('the example of RFC 7677 §3', async () => {
  const scram = await scramKeys('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096)
  const machine = new Scram({ ...USUAL, nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' })
  expect(machine.start(null)).toEqual({ kind: 'challenge', octets: Buffer.alloc(0) })
  const lookup = machine.answer(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))
  expect(lookup).toMatchObject({ kind: 'lookup', username: 'user' })
  expect(words(supplied(lookup, scram))).toBe(
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  )
  const final = machine.answer(
    Buffer.from(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ),
  )
  expect(final).toEqual({
    kind: 'proof',
    right: true,
    final: Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='),
  })
})

describe('SCRAM-SHA-256', () => {
  test('our proof is what a client expects', () => {
    const { step, verifier } = run(new Scram(USUAL), ANNA)
    expect(step).toEqual({ kind: 'proof', right: true, final: Buffer.from(verifier) })
  })

  test('a wrong password proves nothing', () => {
    expect(run(new Scram(USUAL), ANNA, { password: 'Secret' }).step).toMatchObject({ kind: 'proof', right: false })
  })

  test.each([
    ['a name with comma and equals sign', { ...ANNA, username: 'a,b=c' }, 'a,b=c'],
    ['a name that SASLprep would map', { ...ANNA, username: '\uff21nna\u00ad' }, '\uff21nna\u00ad'],
    ['a name without a prepared form', { ...ANNA, username: 'a\u0007' }, 'a\u0007'],
    ['an authzid that is the user', { ...ANNA, header: 'n,a=Anna,' }, 'anna'],
    ['a client that could bind, and was not offered to', { ...ANNA, header: 'y,,' }, 'anna'],
  ])('%s', (_what, start, username) => {
    const step = new Scram(USUAL).start(Buffer.from(scramFirst(start)))
    expect(step).toMatchObject({ kind: 'lookup', username })
  })

  test('extensions that need not be understood are passed over, and signed', () => {
    const machine = new Scram(USUAL)
    expect(words(supplied(machine.start(Buffer.from('n,,n=anna,r=client,x=1'))))).toMatch(/^r=clientserver,/)
    expect(machine.answer(Buffer.from('c=biws,r=clientserver,x=1,p=AAAA'))).toMatchObject({ right: false })
  })

  test.each([
    ['somebody else’s name', 'n,a=bob,n=anna,r=x', 'authorization'],
    ['an extension that must be understood', 'n,,m=1,n=anna,r=x', 'malformed'],
    ['channel binding without PLUS', 'p=tls-exporter,,n=anna,r=x', 'malformed'],
    ['no header', 'n=anna,r=x', 'malformed'],
    ['another flag', 'z,,n=anna,r=x', 'malformed'],
    ['no name', 'n,,r=x', 'malformed'],
    ['an empty name', 'n,,n=,r=x', 'malformed'],
    ['no nonce', 'n,,n=anna', 'malformed'],
    ['an empty nonce', 'n,,n=anna,r=', 'malformed'],
    ['a nonce with a space', 'n,,n=anna,r=a b', 'malformed'],
    ['a nonce without end', `n,,n=anna,r=${'x'.repeat(1025)}`, 'malformed'],
    ['an equals sign that means nothing', 'n,,n=a=3b,r=x', 'malformed'],
    ['NUL', 'n,,n=a\0,r=x', 'malformed'],
    ['not UTF-8', Buffer.from('n,,n=\xff,r=x', 'latin1'), 'malformed'],
    ['nothing', '', 'malformed'],
  ])('%s', (_what, first, kind) => {
    expect(new Scram(USUAL).start(Buffer.from(first)).kind).toBe(kind)
  })

  test.each([
    ['another nonce', (m: string) => m.replace('clientserver', 'clientservex'), { kind: 'proof', right: false }],
    ['only our part of it', (m: string) => m.replace('clientserver', 'server'), { kind: 'proof', right: false }],
    ['another header than before', (m: string) => m.replace('biws', 'eSws'), { kind: 'binding' }],
    [
      'a proof that is longer',
      (m: string) => m.replace(/p=.*/, `p=${Buffer.alloc(33).toString('base64')}`),
      { right: false },
    ],
    ['no proof', (m: string) => m.replace(/,p=.*/, ''), { kind: 'malformed' }],
    ['something behind the proof', (m: string) => `${m},x=1`, { kind: 'malformed' }],
    ['base64 that is none', (m: string) => m.replace(/p=.*/, 'p=A'), { kind: 'malformed' }],
    ['an extension that must be understood', (m: string) => m.replace(',p=', ',m=1,p='), { kind: 'malformed' }],
  ])('at the end %s', (_what, change, found) => {
    const machine = new Scram(USUAL)
    const challenge = words(supplied(machine.start(Buffer.from(scramFirst(ANNA)))))
    const { message } = scramFinal(ANNA, 'secret', challenge)
    expect(machine.answer(Buffer.from(change(message)))).toMatchObject(found)
  })
})

describe('channel binding (RFC 5802 §6)', () => {
  const offered = { ...USUAL, plusOffered: true }
  const plus = { ...offered, plus: true }
  const bound = { ...ANNA, header: 'p=tls-exporter,,' }

  test('who binds to the same channel is right', () => {
    const { step, verifier } = run(new Scram(plus), bound, { binding: EXPORTER })
    expect(step).toEqual({ kind: 'proof', right: true, final: Buffer.from(verifier) })
  })

  test.each([
    ['another channel', plus, bound, Buffer.alloc(32, 1)],
    ['no data', plus, bound, Buffer.alloc(0)],
    ['a type that we have not', plus, { ...ANNA, header: 'p=tls-unique,,' }, EXPORTER],
    ['PLUS without binding', plus, ANNA, Buffer.alloc(0)],
    ['PLUS by a client that believes we have it not', plus, { ...ANNA, header: 'y,,' }, Buffer.alloc(0)],
    ['the downgrade: PLUS was offered and not seen', offered, { ...ANNA, header: 'y,,' }, Buffer.alloc(0)],
  ])('%s fails with the right password', (_what, options, start, binding) => {
    expect(run(new Scram(options), start, { binding }).step).toEqual({ kind: 'binding', username: 'anna' })
  })

  test('a client that cannot bind may come without', () => {
    expect(run(new Scram(offered), ANNA).step).toMatchObject({ kind: 'proof', right: true })
  })
})

test('octets of any kind make it say no, and nothing else', () => {
  const octets = fc.oneof(
    fc.uint8Array(),
    fc.stringMatching(/^([nyp]=?,)?(a=x)?,?n=[a,=]*,r=[ -~]*$/).map((t) => Buffer.from(t)),
  )
  fc.assert(
    fc.property(octets, octets, (first, final) => {
      const machine = new Scram(USUAL)
      const step = supplied(machine.start(Buffer.from(first)))
      const end = step.kind === 'challenge' ? machine.answer(Buffer.from(final)) : step
      expect(['malformed', 'authorization', 'binding', 'proof']).toContain(end.kind)
      if (end.kind === 'proof') expect(end.right).toBe(false)
    }),
  )
})
