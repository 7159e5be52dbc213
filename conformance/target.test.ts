import { expect, test } from 'vitest'
import { handshakeOf, type Security, type Target, transcriptFor } from './target.js'
import { parseTranscript } from './transcript.js'

const target = (ports: Target['ports'], security: Security): Target => ({
  ...{ host: 'h.example', ports, users: [], domain: 'example', hostname: 'h.example', security },
})

const starts = (header: string, to: Target): string => {
  const transcript = parseTranscript('a.txt', `rfc: RFC 3501 §1\n${header}\n\nC: a\n`, 'imap')
  return transcriptFor(to, transcript)
    .header.connections.map(({ service, state }) => `${service} ${state}`)
    .join(', ')
}

test.each([
  ['state: selected', { imaps: 993 }, 'tls', 'imaps selected'],
  ['state: selected', { imap: 143, imaps: 993 }, 'tls', 'imaps selected'],
  ['state: selected', { imap: 143 }, 'starttls', 'imap selected'],
  ['state: auth connected', { imap: 143 }, 'none', 'imap auth, imap connected'],
  ['service: imaps\nstate: connected', { imap: 143 }, 'starttls', 'imap secured'],
  ['service: imaps\nstate: connected', { imap: 143 }, 'none', 'imap connected'],
  ['service: imaps\nstate: greeting', { imap: 143 }, 'starttls', 'imaps greeting'],
  ['service: imap\nstate: auth', { imaps: 993 }, 'tls', 'imaps auth'],
  // What is said in clear is not said in TLS.
  ['service: imap\nstate: connected', { imaps: 993 }, 'tls', 'imap connected'],
  ['service: submissions\nstate: greeted', { submission: 587 }, 'starttls', 'submission secured'],
  ['service: submissions\nstate: auth', { submission: 587 }, 'starttls', 'submission auth'],
  ['service: submission\nstate: auth', { submissions: 465 }, 'tls', 'submissions auth'],
] as const)('%j at %j by %s is played as %s', (header, ports, security, expected) => {
  expect(starts(header, target(ports, security))).toBe(expected)
})

test('certificates are held against the host, an address too, by the authorities that are given', () => {
  const verify = { verify: true, authorities: null }
  expect(handshakeOf({ ...target({}, 'tls'), certificates: verify })).toEqual({
    host: 'h.example',
    servername: 'h.example',
    rejectUnauthorized: true,
  })
  const own = { ...target({}, 'tls'), host: '192.0.2.1', certificates: { verify: true, authorities: 'PEM' } }
  expect(handshakeOf(own)).toEqual({ host: '192.0.2.1', servername: '', rejectUnauthorized: true, ca: 'PEM' })
  expect(handshakeOf(target({}, 'tls'))).toMatchObject({ rejectUnauthorized: false })
})
