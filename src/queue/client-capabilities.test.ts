import { expect, test } from 'vitest'
import { capabilitiesOf, NO_CAPABILITIES } from './client-capabilities.js'

const said = (...keywords: string[]) =>
  capabilitiesOf({ code: 250, enhanced: null, lines: ['mx.example hello, SIZE 5', ...keywords] })

test('what the first line says is a name', () => {
  expect(said()).toEqual(NO_CAPABILITIES)
})

test.each([
  ['PIPELINING', { pipelining: true }],
  ['pipelining', { pipelining: true }],
  ['8BITMIME', { eightBit: true }],
  ['SMTPUTF8', { utf8: true }],
  ['CHUNKING', { chunking: true }],
  ['DSN', { dsn: true }],
  ['STARTTLS', { startTls: true }],
  ['SIZE 1000', { size: 1000 }],
  ['SIZE 0', { size: 0 }],
  ['SIZE', { size: 0 }],
  ['SIZE much', { size: 0 }],
  ['AUTH plain  LOGIN PLAIN', { mechanisms: ['PLAIN', 'LOGIN'] }],
  ['AUTH=LOGIN', { mechanisms: ['LOGIN'] }],
  ['AUTH', { mechanisms: [] }],
  ['LIMITS RCPTMAX=50 MAILMAX=9 RCPTDOMAINMAX=1', { recipients: 50, transactions: 9 }],
  ['LIMITS RCPTMAX=0 MAILMAX=x RCPTMAX', {}],
  ['BINARYMIME', {}],
  ['X-SOMETHING else', {}],
  ['', {}],
])('%s', (line, what) => {
  expect(said(line)).toEqual({ ...NO_CAPABILITIES, ...what })
})

test('binary needs chunks, and mechanisms may stand in two lines', () => {
  expect(said('BINARYMIME', 'CHUNKING')).toMatchObject({ binary: true, chunking: true })
  expect(said('AUTH PLAIN', 'AUTH=LOGIN')).toMatchObject({ mechanisms: ['PLAIN', 'LOGIN'] })
})
