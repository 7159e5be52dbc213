import { pbkdf2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemRandom } from '../core/ids.js'
import { clientLimits } from '../core/limits.js'
import { type SaslClient, type SaslStep, saslChoices } from './client-sasl.js'

const CREDENTIALS = { user: 'alice@posthorn.test', password: 'p=w,\u00aa' }

const choose = (offered: readonly string[], secret = true, credentials = CREDENTIALS, random = systemRandom) =>
  saslChoices(offered, secret, credentials, random)

function clientOf(name: string, credentials = CREDENTIALS, random = systemRandom): SaslClient {
  const [choice] = choose([name], true, credentials, random)
  if (choice === undefined) throw new Error(`no ${name}`)
  return choice.client
}

/** Goes on behind a derivation. */
function settled(client: SaslClient, step: SaslStep): SaslStep {
  if (step.kind !== 'derive') return step
  return client.derived(pbkdf2Sync(step.password, step.salt, step.iterations, 32, 'sha256'))
}

describe('the choice', () => {
  const names = (offered: readonly string[], secret: boolean): string[] =>
    choose(offered, secret).map(({ name }) => name)

  test('is the best that is offered, and shows the password to nobody who might listen', () => {
    const all = ['LOGIN', 'PLAIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'GSSAPI']
    expect(names(all, true)).toEqual(['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN'])
    expect(names(all, false)).toEqual(['SCRAM-SHA-256', 'CRAM-MD5'])
    expect(names(['PLAIN', 'LOGIN'], false)).toEqual([])
    expect(names(['GSSAPI'], true)).toEqual([])
  })

  test('leaves out SCRAM for a password that cannot be prepared', () => {
    const odd = { user: 'a', password: 'a\u0007' }
    expect(choose(['SCRAM-SHA-256', 'PLAIN'], true, odd).map(({ name }) => name)).toEqual(['PLAIN'])
  })
})

test('SCRAM-SHA-256 says what RFC 7677 §3 has', () => {
  const nonce = Buffer.from('rOprNGfwEbeRWgbNEkqO', 'base64')
  const client = clientOf('SCRAM-SHA-256', { user: 'user', password: 'pencil' }, () => nonce)
  expect(String(client.initial)).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const first = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
  const final = settled(client, client.answer(Buffer.from(first)))
  expect(final.kind === 'respond' && String(final.octets)).toBe(
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  expect(client.satisfied).toBe(false)
  const verifier = Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  expect(client.answer(verifier)).toEqual({ kind: 'respond', octets: Buffer.alloc(0) })
  expect(client.satisfied).toBe(true)
  expect(client.answer(verifier).kind).toBe('fail')
})

describe('SCRAM does not go along with', () => {
  const nonce = Buffer.alloc(18, 1)
  const mine = nonce.toString('base64')
  const begun = (first: string): SaslStep =>
    clientOf('SCRAM-SHA-256', CREDENTIALS, () => nonce).answer(Buffer.from(first))

  test.each([
    ['octets of no such message', 'hello'],
    ['a nonce that is not ours', 'r=abc,s=AAAA,i=4096'],
    ['a nonce to which nothing was added', `r=${mine},s=AAAA,i=4096`],
    ['a salt that is no base64', `r=${mine}x,s=A,i=4096`],
    ['an extension that must be known', `m=x,r=${mine}x,s=AAAA,i=4096`],
    ['few iterations', `r=${mine}x,s=AAAA,i=4095`],
    ['many iterations', `r=${mine}x,s=AAAA,i=${clientLimits.scramIterations + 1}`],
  ])('%s', (_, first) => {
    expect(begun(first).kind).toBe('fail')
    expect(begun(`r=${mine}x,s=AAAA,i=4096,x=y`).kind).toBe('derive')
  })

  test.each(['v=AAAA', 'e=other-error', '', `v=${Buffer.alloc(32).toString('base64')}`])(
    'a final message %j',
    (final) => {
      const client = clientOf('SCRAM-SHA-256', CREDENTIALS, () => nonce)
      settled(client, client.answer(Buffer.from(`r=${mine}x,s=AAAA,i=4096`)))
      expect(client.answer(Buffer.from(final)).kind).toBe('fail')
      expect(client.satisfied).toBe(false)
    },
  )
})

test.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])('%s has an end', (name) => {
  const client = clientOf(name)
  const kinds = Array.from({ length: 4 }, () => client.answer(Buffer.from('more')).kind)
  expect(kinds.at(-1)).toBe('fail')
  expect(client.derived(Buffer.alloc(32)).kind).toBe('fail')
})
