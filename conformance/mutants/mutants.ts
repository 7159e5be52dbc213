/**
 * Deliberate breaks of our server, one line each: what a change could do by mistake, and what the transcripts are for.
 * `find` stands exactly once in `file`.
 */
export interface Mutant {
  /** What the server does wrong then. */
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

const READ_ONLY = "  if (view.readOnly) return no('READ-ONLY', 'The mailbox is selected read-only')\n"

const imap: readonly Mutant[] = [
  {
    name: 'COPYUID names the UIDs of the source twice',
    file: 'src/imap/commands/copy.ts',
    find: 'formatSet(to)}',
    replace: 'formatSet(from)}',
  },
  {
    name: 'MOVE says no COPYUID',
    file: 'src/imap/commands/copy.ts',
    find: 'if (copied.from.length > 0 && code !== null)',
    replace: 'if (copied.from.length < 0 && code !== null)',
  },
  {
    name: 'EXPUNGE is told during FETCH',
    file: 'src/imap/commands/fetch.ts',
    find: "FETCH: selectedRow({ rfc: 'RFC 3501 §6.4.5', numbers: 'uses'",
    replace: "FETCH: selectedRow({ rfc: 'RFC 3501 §6.4.5', numbers: 'renews'",
  },
  {
    name: 'UID FETCH leaves the UID out',
    file: 'src/imap/commands/fetch.ts',
    find: 'makePlan(items, byUid)',
    replace: 'makePlan(items, false)',
  },
  {
    name: 'a literal announces one octet more than it has',
    file: 'src/imap/commands/fetch-response.ts',
    find: 'value.size}}',
    replace: 'value.size + 1}}',
  },
  {
    name: 'BODY[]<n> begins one octet too late',
    file: 'src/imap/commands/fetch-octets.ts',
    find: 'start + window.origin, end',
    replace: 'start + window.origin + 1, end',
  },
  {
    name: 'BODY[] does not set \\Seen',
    file: 'src/imap/commands/fetch-items.ts',
    find: "'BODY[]': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: true",
    replace: "'BODY[]': { rfc: 'RFC 3501 §6.4.5', needs: 'octets', setsSeen: false",
  },
  {
    name: 'EXPUNGE numbers do not move down',
    file: 'src/imap/view.ts',
    find: '(this.#known.position(uid) as number) - i} EXPUNGE',
    replace: '(this.#known.position(uid) as number)} EXPUNGE',
  },
  {
    name: 'the first \\Recent message is not',
    file: 'src/imap/view.ts',
    find: 'return uid >= this.#open.firstRecent',
    replace: 'return uid > this.#open.firstRecent',
  },
  {
    name: 'SEARCH NOT means nothing',
    file: 'src/imap/search/match.ts',
    find: '(message) => !test(message)',
    replace: '(message) => test(message)',
  },
  {
    name: '4:2 is an empty set',
    file: 'src/imap/sets.ts',
    find: '{ first: Math.min(a, b), last: Math.max(a, b) }',
    replace: '{ first: a, last: b }',
  },
  {
    name: '% matches the delimiter',
    file: 'src/imap/mailbox-pattern.ts',
    find: 'if (within && name.charCodeAt(i) === SLASH) on = 0',
    replace: 'if (within && name.charCodeAt(i) < 0) on = 0',
  },
  {
    name: 'STATUS UNSEEN counts all messages',
    file: 'src/imap/commands/status.ts',
    find: 'UNSEEN: ({ unseen }) => unseen',
    replace: 'UNSEEN: ({ messages }) => messages',
  },
  {
    name: 'CLOSE expunges nothing',
    file: 'src/imap/commands/select.ts',
    find: 'if (!view.readOnly) await store.expunge(view.mailbox.id, null, origin)',
    replace: 'if (view.readOnly) await store.expunge(view.mailbox.id, null, origin)',
  },
  {
    name: 'EXAMINE says READ-WRITE',
    file: 'src/imap/commands/select.ts',
    find: "readOnly ? 'READ-ONLY' : 'READ-WRITE'",
    replace: "readOnly ? 'READ-WRITE' : 'READ-WRITE'",
  },
  {
    name: 'STORE works after EXAMINE',
    file: 'src/imap/commands/store.ts',
    find: READ_ONLY,
    replace: '',
  },
  {
    name: 'STORE .SILENT is not silent',
    file: 'src/imap/commands/store.ts',
    find: 'if (!silent) await tell(',
    replace: 'if (silent !== null) await tell(',
  },
  {
    name: 'UID EXPUNGE removes messages outside its set',
    file: 'src/imap/commands/expunge.ts',
    find: "await selectedUids(cx.view, set, 'uid')",
    replace: 'await deletedUids(cx.view.state)',
  },
  {
    name: 'APPEND to no mailbox says no TRYCREATE',
    file: 'src/imap/commands/append.ts',
    find: "['TRYCREATE', 'No such mailbox']",
    replace: "['NONEXISTENT', 'No such mailbox']",
  },
  {
    name: 'APPEND forgets its date',
    file: 'src/imap/commands/append.ts',
    find: 'internalDate: date?.at ?? clock.now()',
    replace: 'internalDate: clock.now()',
  },
  {
    name: 'APPENDUID is the next UID',
    file: 'src/imap/commands/append.ts',
    find: 'appended.map(({ uid }) => uid)',
    replace: 'appended.map(({ uid }) => uid + 1)',
  },
  {
    name: 'ENVELOPE has no Sender where From stands for it',
    file: 'src/message/envelope.ts',
    find: "return text === 'NIL' ? from : text",
    replace: 'return text',
  },
  {
    name: 'SORT DATE is by INTERNALDATE',
    file: 'src/message/arrange.ts',
    find: 'source.sentDate(at) ?? Number(source.arrivals[at])',
    replace: 'Number(source.arrivals[at])',
  },
  {
    name: 'done in small letters does not end IDLE',
    file: 'src/imap/commands/idle.ts',
    find: "line.toUpperCase() === 'DONE'",
    replace: "line === 'DONE'",
  },
]

const smtp: readonly Mutant[] = [
  {
    name: 'the 250 of RCPT lacks its enhanced code',
    file: 'src/smtp/reply.ts',
    find: "reply(250, '2.1.5', 'Recipient OK')",
    replace: "reply(250, null, 'Recipient OK')",
  },
  {
    name: 'every line of a reply looks like the last',
    file: 'src/smtp/reply.ts',
    find: "i < last ? '-' : ' '",
    replace: "i < 0 ? '-' : ' '",
  },
  {
    name: 'VRFY says 250 of anybody',
    file: 'src/smtp/transaction.ts',
    find: 'VRFY: anywhere((s) => say(s, replies.notVerified))',
    replace: 'VRFY: anywhere((s) => say(s, replies.ok))',
  },
  {
    name: 'RSET keeps the transaction',
    file: 'src/smtp/transaction.ts',
    find: 'RSET: anywhere((s) => say(reset(s), replies.ok))',
    replace: 'RSET: anywhere((s) => say(s, replies.ok))',
  },
  {
    name: 'EHLO keeps the transaction',
    file: 'src/smtp/transaction.ts',
    find: 'return say(greeted(s, { name, extended: true }), hello(',
    replace: "return say(s.at === 'mail' ? s : greeted(s, { name, extended: true }), hello(",
  },
  {
    name: 'what was said before STARTTLS is remembered',
    file: 'src/smtp/transaction.ts',
    find: 'return { state: initialState(true), reply: null, task: null }',
    replace: 'return { state: { ...s, tls: true }, reply: null, task: null }',
  },
  {
    name: 'SIZE is not looked at',
    file: 'src/smtp/transaction.ts',
    find: 'if ((parameters.size ?? 0) > limits.maxMessageSize)',
    replace: 'if ((parameters.size ?? 0) < 0)',
  },
  {
    name: 'DATA goes on without a recipient',
    file: 'src/smtp/transaction.ts',
    find: 'if (s.to.length === 0) return say(s, replies.needRecipient)',
    replace: 'if (s.to.length < 0) return say(s, replies.needRecipient)',
  },
  {
    name: 'BINARYMIME may come by DATA',
    file: 'src/smtp/transaction.ts',
    find: "if (s.parameters.body === 'BINARYMIME') return say(s, replies.binaryByData)\n",
    replace: '\n',
  },
  {
    name: 'AUTH may be given twice',
    file: 'src/smtp/transaction.ts',
    find: 'if (s.user !== null) return say(s, replies.alreadyAuthenticated)\n',
    replace: '\n',
  },
  {
    name: 'anybody may relay',
    file: 'src/smtp/transaction.ts',
    find: 's.user === null ? say(s, replies.relayingDenied) : accept(',
    replace: "s.user === '' ? say(s, replies.relayingDenied) : accept(",
  },
  {
    name: 'PIPELINING is not offered',
    file: 'src/smtp/extensions.ts',
    find: "PIPELINING: { rfc: 'RFC 2920', offered: always }",
    replace: "PIPELINING: { rfc: 'RFC 2920', offered: () => false }",
  },
  {
    name: 'dots at the beginning of lines stay doubled',
    file: 'src/wire/dot-decoder.ts',
    find: '        kept.skip(i)\n',
    replace: '',
  },
  {
    name: 'bare CR and LF in a message go unnoticed',
    file: 'src/wire/dot-decoder.ts',
    find: "if (at === 'dot-cr' || (at === 'cr') !== (c === LF)) this.#bare = true",
    replace: 'this.#bare = false',
  },
]

export const mutants: readonly Mutant[] = [...imap, ...smtp]
