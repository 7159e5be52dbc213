import { describe, expect, test } from 'vitest'
import { isMailTransferAlone, MailTransfer, participantsOf } from './network-smtp.js'
import { usesOf } from './runner.js'
import type { Target } from './target.js'
import { parseTranscript } from './transcript.js'
import { givenFor } from './world.js'

const target = (more: Partial<Target> = {}): Target => ({
  ...{ host: '192.0.2.1', ports: { smtp: 25 }, users: [], domain: 'example.org', hostname: 'mx.example.org' },
  ...more,
})
const account = { username: 'one', password: 'secret' }

const reason = (at: Target, header: string, line = 'C: NOOP'): string | null => {
  const transcript = parseTranscript('a.txt', `rfc: RFC 5321 §4.1\n${header}\n\n${line}\n`, 'smtp')
  return new MailTransfer(at).cannot(transcript.header, usesOf(transcript))
}

describe('who stands for the users of a transcript', () => {
  test('accounts in their order, then those who only take mail, each once', () => {
    const recipients = ['two@example.net', 'One@example.org']
    expect(participantsOf(target({ users: [account], recipients })).map(({ address }) => address)).toEqual([
      'one@example.org',
      'two@example.net',
    ])
  })

  test('their names stand for where mail goes to, and their logins for what a login takes', () => {
    const [participant] = participantsOf(target({ users: [account] }))
    const given = new Map(participant === undefined ? [] : givenFor('alice', participant))
    expect(Object.fromEntries(given)).toMatchObject({
      alice: 'one@example.org',
      alice_local: 'one',
      alice_b64: Buffer.from('one').toString('base64'),
    })
  })
})

describe('what is played at a mail transfer agent alone', () => {
  const recipients = ['two@example.net']
  test.each([
    ['mail to a recipient', target({ recipients }), 'state: greeted', null],
    ['too many users', target({ recipients }), 'users: alice bob', 'no recipient is given for bob'],
    [
      'a look into a mailbox',
      target({ recipients }),
      'service: smtp imaps\nstate: greeted auth',
      'looks into a mailbox, and no IMAP is given',
    ],
    [
      'submission without a port',
      target({ users: [account] }),
      'service: submission',
      'no port is given for submission',
    ],
    ['submission', target({ users: [account], ports: { submission: 587 } }), 'service: submission\nstate: auth', null],
    [
      'a login of somebody without an account',
      target({ recipients }),
      'service: smtp\nstate: auth',
      'no account is given for alice',
    ],
  ])('%s', (_what, at, header, expected) => {
    expect(reason(at, header)).toBe(expected)
  })

  test.each(['C: AUTH PLAIN {{alice_plain}}', 'C: {{alice_password_b64}}', 'C: {{cram-md5 alice challenge}}'])(
    'nor what needs a password: %s',
    (line) => {
      expect(reason(target({ recipients }), 'state: greeted', line)).toBe('no account is given for alice')
      expect(reason(target({ users: [account] }), 'state: greeted', line)).toBe(null)
    },
  )
})

test('where there is IMAP, mailboxes are looked into', () => {
  expect(isMailTransferAlone(target())).toBe(true)
  expect(isMailTransferAlone(target({ ports: { smtp: 25, imap: 143 } }))).toBe(false)
})
