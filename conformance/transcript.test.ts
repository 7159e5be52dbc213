import { describe, expect, test } from 'vitest'
import { parseTranscript, type Step } from './transcript.js'

const parse = (body: string, header = 'rfc: RFC 3501 §6.1.2'): readonly Step[] =>
  parseTranscript('a.txt', `${header}\n\n${body}\n`, 'imap').steps
const line = (text: string) => ({ kind: 'line', text }) as const

describe('steps', () => {
  test.each([
    ['C: a NOOP', [{ kind: 'send', conn: 1, pieces: [line('a NOOP')], at: 3 }]],
    ['C2:', [{ kind: 'send', conn: 2, pieces: [line('')], at: 3 }]],
    ['C:  two', [{ kind: 'send', conn: 1, pieces: [line(' two')], at: 3 }]],
    ['C: a\nC: b', [{ kind: 'send', conn: 1, pieces: [line('a'), line('b')], at: 3 }]],
    ['C\\: \\x00\\r\\{2*ab}\\\\', [{ kind: 'send', conn: 1, pieces: [{ kind: 'raw', octets: '\0\rabab\\' }], at: 3 }]],
    ['C| ü', [{ kind: 'send', conn: 1, pieces: [{ kind: 'literal', octets: 'Ã¼\r\n' }], at: 3 }]],
    ['C<a.eml', [{ kind: 'send', conn: 1, pieces: [{ kind: 'file', name: 'a.eml' }], at: 3 }]],
    ['S: a', [{ kind: 'expect', conn: 1, optional: false, response: { pieces: [line('a')], at: 3 }, at: 3 }]],
    ['S2?: a', [{ kind: 'expect', conn: 2, optional: true, response: { pieces: [line('a')], at: 3 }, at: 3 }]],
    ['S: <closed>', [{ kind: 'closed', conn: 1, at: 3 }]],
    ['T: +29m', [{ kind: 'time', by: '+29m', at: 3 }]],
    ['T?: +2s', [{ kind: 'wait', by: '+2s', at: 3 }]],
    ['X: deliver a to b', [{ kind: 'act', words: ['deliver', 'a', 'to', 'b'], at: 3 }]],
    ['V: a > b', [{ kind: 'verify', relation: 'a > b', at: 3 }]],
  ])('%j', (body, steps) => {
    expect(parse(body)).toEqual(steps)
  })

  test('comments and empty lines are passed over, and a group of S~ is one step', () => {
    const steps = parse('# first\nS~: a\n\n# between\nS~: b\nS: c')
    expect(steps).toMatchObject([
      { kind: 'any-order', responses: [{ at: 4 }, { at: 7 }] },
      { kind: 'expect', at: 8 },
    ])
  })

  test('a response holds its literals and what follows them', () => {
    const steps = parse('S: * 1 FETCH (A {#}\nS| one\nS\\| two\nS:  B {3}\nS\\| abc\nS: )\nS: a OK')
    expect(steps).toMatchObject([
      {
        kind: 'expect',
        response: {
          pieces: [
            line('* 1 FETCH (A {#}'),
            { kind: 'literal', octets: 'one\r\n' },
            { kind: 'literal', octets: 'two' },
            line(' B {3}'),
            { kind: 'literal', octets: 'abc' },
            line(')'),
          ],
        },
      },
      { kind: 'expect', response: { pieces: [line('a OK')] } },
    ])
  })
})

describe('what is no transcript is named with file and line', () => {
  test.each([
    ['D: a', 'a.txt:3: not a transcript line: D: a'],
    ['C: a\nC?: b', 'a.txt:4: "?" and "~" belong to S lines'],
    ['S\\: a', 'a.txt:3: a server sends lines: "S\\:" means nothing'],
    ['C\\: \\q', 'a.txt:3: "\\q" is no escape'],
    ['S| a', 'a.txt:3: a literal stands here that no line has announced with {#}'],
    ['S: {#}\nS: )', 'a.txt:3: the literal that is announced does not follow: use S| lines'],
    ['S: {#}\nS| a\nC: b', 'a.txt:3: a line must follow the literal, if only "S:"'],
    ['# nothing', 'a.txt:4: nothing happens in this transcript'],
  ])('%j', (body, message) => {
    expect(() => parse(body)).toThrow(message)
  })
})

describe('headers', () => {
  const header = (text: string) => parseTranscript('a.txt', `rfc: RFC 3501 §1\n${text}\n\nC: a\n`, 'imap').header

  test('have defaults', () => {
    expect(header('')).toEqual({
      rfc: 'RFC 3501 §1',
      access: [],
      needs: [],
      connections: [{ service: 'imap', state: 'connected', user: 'alice' }],
      users: ['alice'],
      disabled: [],
      sendAsAny: [],
      administrators: [],
      aliases: [],
      domains: [],
      domainRules: { catchAll: null, subaddress: true, separator: '+', folders: false },
      messages: 0,
      mailboxes: [],
      mbox: [],
      limits: { smtp: {}, imap: {}, store: {} },
      bareNewline: 'reject',
      quotas: [],
      quotaReply: 'permanent',
      eightBitHeader: 'accept',
      uncut: false,
    })
  })

  test('have one word for each connection, and the last counts for the rest', () => {
    const text = 'users: a b\nservice: imaps smtp\nstate: selected greeted\nas: b a\nconnections: 3'
    expect(header(text).connections).toEqual([
      { service: 'imaps', state: 'selected', user: 'b' },
      { service: 'smtp', state: 'greeted', user: 'a' },
      { service: 'smtp', state: 'greeted', user: 'a' },
    ])
    const limits = 'limits: imap.idleHeartbeat=29m smtp.maxMessageSize=64KiB imap.nesting=7 store.rowsPerWrite=3'
    expect(header(limits).limits).toEqual({
      smtp: { maxMessageSize: 65_536 },
      imap: { idleHeartbeat: 1_740_000, nesting: 7 },
      store: { rowsPerWrite: 3 },
    })
  })

  test.each([
    ['colour: red', 'unknown header key "colour"'],
    ['messages: many', 'messages: "many" is not a number'],
    ['service: pop3', 'service: "pop3" is none of'],
    ['service: smtp\nstate: selected', 'state: "selected" is none of'],
    ['as: bob', 'there is no user "bob"'],
    ['limits: imap.colour=1', 'limits: "imap.colour=1" is no limit'],
    ['limits: imap.nesting=x', 'is no quantity'],
    ['what is this', 'not a header line'],
    ['messages: 1\nmessages: 2', '"messages" is given twice'],
  ])('%j is refused', (text, message) => {
    expect(() => header(text)).toThrow(message)
  })

  test('need a reason', () => {
    expect(() => parse('C: a', 'state: auth')).toThrow('a.txt:1: the header needs "rfc:')
  })
})
