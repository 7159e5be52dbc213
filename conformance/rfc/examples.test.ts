import { describe, expect, test } from 'vitest'
import { examplesOf, normalised } from './examples.js'

const lines = (text: string): string[] => text.split('\n')

test('what clients say in IMAP, without tags, literals, and answers to challenges', () => {
  const dialogue = `
   Example: C: A003 APPEND saved-messages (\\Seen) {34}
            S: + Ready for literal data
            C: Date: Mon, 7 Feb 94
            C:
            C: Hello Joe
            C:  (\\Seen) " 7-Feb-1994 22:43:04 -0800" {295}
            S: + Ready for literal data
            C: Date: Tue
            S: A003 OK APPEND completed
            C: A004 LOGIN {11}
            S: + Ready
            C: FRED FOOBAR {7}
            S: + Ready
            C: fat man
            S: A004 OK
            C: A005 AUTHENTICATE PLAIN
              (note that there is a space
              behind the "+")
            S: +
            C: dGVzdAB0ZXN0AHRlc3Q=
            S: A005 OK
            C: A006 LIST (SUBSCRIBED) ""
               "*" RETURN (CHILDREN)
            C: <waits>
            C: a007 noop
            C: a008 NOOP

   Prose that does not belong to it.`
  expect(examplesOf(lines(dialogue), 'imap')).toEqual([
    'APPEND saved-messages (\\Seen) {#}',
    '(\\Seen) " 7-Feb-1994 22:43:04 -0800" {#}',
    'LOGIN …',
    '{#}',
    'AUTHENTICATE PLAIN',
    'LIST (SUBSCRIBED) "" "*" RETURN (CHILDREN)',
    'noop',
  ])
})

test('what clients say in SMTP, without messages and chunks', () => {
  const dialogue = `
   R: 220 here
   S: EHLO there
   R: 250 here
   S: MAIL FROM:<ned@there.example> SIZE=500
   S: DATA
   R: 354 go on
   S: Subject: RSET
   S: .
   R: 250 OK
   S: BDAT 86 LAST
   S: To: Susan@random.com<CR><LF>
   R: 250 OK
   S: AUTH LOGIN
   R: 334 VXNlcm5hbWU6
   S: dGVzdA==
   R: 235 OK
   S: QUIT`
  expect(examplesOf(lines(dialogue), 'smtp')).toEqual([
    'EHLO …',
    'MAIL FROM:<…> SIZE=500',
    'DATA',
    'BDAT … LAST',
    'AUTH LOGIN',
    'QUIT',
  ])
})

test('the arrows of RFC 3461, and lines that go on', () => {
  const dialogue = `
      <<< 220 Example.ORG SMTP server here
      >>> RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS \\
          ORCPT=rfc822;Bob@Example.COM
      <<< 250 ok`
  expect(examplesOf(lines(dialogue), 'smtp')).toEqual(['RCPT TO:<…> NOTIFY=SUCCESS ORCPT=rfc822;…'])
})

describe('one spelling', () => {
  test.each([
    ['imap', 'a1 UID FETCH 1:2  FLAGS', 'UID FETCH 1:2 FLAGS'],
    ['imap', 'DONE', 'DONE'],
    ['imap', 'a login fred secret', 'login …'],
    ['imap', 'a AUTHENTICATE PLAIN dGVz', 'AUTHENTICATE PLAIN …'],
    ['imap', 'a STATUS blurdybloop {42+}', 'STATUS blurdybloop {#+}'],
    ['smtp', 'rcpt to:<one@two.example> NOTIFY=NEVER', 'RCPT TO:<…> NOTIFY=NEVER'],
    ['smtp', 'MAIL FROM:<>', 'MAIL FROM:<>'],
    ['smtp', 'VRFY Smith', 'VRFY …'],
  ] as const)('%s %j', (protocol, line, spelt) => {
    expect(normalised(line, protocol).toUpperCase()).toBe(spelt.toUpperCase())
  })
})
