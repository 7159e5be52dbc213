/** Small mails that nobody should send: what stands in their headers, and where Dovecot's reading of it is not ours, why. */

const OBSOLETE_LIST = 'RFC 5322 §4.4: an empty member of a list is nothing'
const OBSOLETE_DOT = 'RFC 5322 §4.4: white space and comments may stand around the dots of an address'
const SHOWN = 'RFC 3501 §7.4.2 knows no mark for what is no address: whatever can be seen of one is shown'
const UNSEPARATED = 'RFC 2045 §5.1: no semicolon where one must be; what follows is told all the same'
const NOT_A_TOKEN = 'RFC 2045 §5.1: such a value must be quoted; all of what stands there is told'
const NO_TYPE = 'RFC 2045 §5.2: what is no media type is text/plain; the grammar has no empty one'
const AS_WRITTEN = 'RFC 3501 §7.4.2: attributes are those of the field, and RFC 2231 §3 has these as several'
const TEXT_CHARSET = 'RFC 2046 §4.1.2: US-ASCII is the default of text/plain; other subtypes have their own'
const ONE_SPACE = 'RFC 5322 §3.2.2: a run of white space between the words of a structured field means one space'
const AS_IT_IS = 'RFC 5322 §3.2.5: nothing but the fold is taken out of an unstructured field'

/** A field, and the reason if the two do not agree on it. */
export type OddField = readonly [field: string, why: string | null]

const addresses: readonly (readonly [string, string | null])[] = [
  ['a@b', null],
  ['"Q, N" <a@b>', null],
  ['a@b (Comment)', null],
  ['(c) a@b', null],
  ['Name (c) <a@b>', null],
  ['a (c) @ (d) b', null],
  ['"a b"@c', null],
  ['"a\\"b" <x@y>', null],
  ['A B C', null],
  ['A B C <>', null],
  ['<>', null],
  ['<a>', null],
  ['a@', null],
  ['@b', null],
  ['<@r1,@r2:a@b>', null],
  ['g: a@b, c@d;', null],
  ['g:;', null],
  ['"g h": a@b;', null],
  ['g: a@b', null],
  ['Joe. Q <a@b>', null],
  ['.a@b', null],
  ['a..b@c', null],
  ['a@[IPv6:::1]', null],
  ['(unterminated a@b', null],
  ['caf\xe9 <a@b>', null],
  ['undisclosed recipients: ;', null],
  ['"A\r\n B" <a@b>', null],
  ['a@b (x (y) z)', null],
  ['"" <a@b>', null],
  ['""@b', null],
  ['root (Charlie Root)', null],
  ['=?utf-8?b?w6k=?= =?utf-8?b?w6k=?= <a@b>', null],
  ['', null],
  ['(only comment)', null],
  ['<a@b> (c)', null],
  ['a%b@c', null],
  ['a@b,,c@d', OBSOLETE_LIST],
  [' , a@b', OBSOLETE_LIST],
  [',', OBSOLETE_LIST],
  ['a . b @ c . d', OBSOLETE_DOT],
  ['<a . b @ c . d>', OBSOLETE_DOT],
  ['a.(c)b@d', OBSOLETE_DOT],
  ['=?utf-8?q?a,b?= <x@y>', 'RFC 2047 §5 (3): a comma has no place there, and ends no encoded word'],
  ['<@b>', SHOWN],
  ['<a@>', SHOWN],
  ['a@b;c@d', SHOWN],
  ['a b@c', SHOWN],
  ['a@b.', SHOWN],
  ['a@b <c@d>', SHOWN],
  ['<a@b> <c@d>', SHOWN],
  ['Name <a@b', SHOWN],
  ['"unterminated <a@b>', SHOWN],
  ['Name <a b@c>', SHOWN],
  ['a\\b@c', SHOWN],
  ['Name <mailto:a@b>', SHOWN],
  ['<a@b@c>', SHOWN],
  ['<<a@b>>', SHOWN],
  ['A <a@b>; B <c@d>', SHOWN],
  ['A"B"C <a@b>', 'RFC 5322 §3.2.5: no white space stands between these words'],
]

const types: readonly (readonly [string, string | null])[] = [
  ['text/plain', null],
  ['TEXT/PLAIN; CHARSET=UTF-8', null],
  ['text / plain', null],
  ['text/plain; charset', null],
  ['text/plain; charset=', null],
  ['text/plain; charset=""', null],
  ['text/plain; name="a b.txt"', null],
  ['text/plain; name="a\\"b"', null],
  ["application/x; filename*=utf-8''a%20b", null],
  ['text/plain; charset=utf-8 (comment)', null],
  ['(c) text/plain', null],
  ['text/plain (c); a=b', null],
  ['text/plain;\r\n charset=utf-8', null],
  ['text/plain; name="a\r\n b"', null],
  ['text/plain; name="caf\xe9"', null],
  ['message/delivery-status', null],
  ['application/octet-stream', null],
  ['text/plain; format=flowed; delsp=yes', null],
  ['text/html', TEXT_CHARSET],
  ['text/calendar; method=REQUEST', TEXT_CHARSET],
  ['text', NO_TYPE],
  ['/plain', NO_TYPE],
  ['x', NO_TYPE],
  ['', NO_TYPE],
  ['"text/plain"', NO_TYPE],
  [
    'text/plain charset=utf-8',
    'RFC 2045 §5.1: no semicolon where one must be, and Dovecot takes all of it for nothing',
  ],
  ['text/plain; name=a b.txt', NOT_A_TOKEN],
  ['text/plain; name=a"b"', NOT_A_TOKEN],
  ['application/x; a=b@c', NOT_A_TOKEN],
  ['application/x; a=b/c', NOT_A_TOKEN],
  ['application/x; a=[b]', NOT_A_TOKEN],
  ['application/x; a=b=c', NOT_A_TOKEN],
  ['application/x; a="b', NOT_A_TOKEN],
  ['text/plain; charset=utf-8 name=x', UNSEPARATED],
  ['text/plain; a=b; ; c=d', 'RFC 2045 §5.1: an empty parameter is none, and does not end the list'],
  ['text/plain; =b', 'RFC 2045 §5.1: an attribute has a name'],
  ['application/x; name*0=a; name*1=b', AS_WRITTEN],
  ["application/x; name*0*=utf-8''a; name*1=b", AS_WRITTEN],
  ['multipart/mixed', 'RFC 2046 §5.1.1: without a boundary nothing is a part, and body-type-mpart has at least one'],
  ['multipart/mixed; boundary=x', 'RFC 2046 §5.1.1: no boundary is there, so no part is: all of it is shown as text'],
  ['message/global', 'RFC 6532 §3.7: it is a message as message/rfc822 is, and RFC 9051 §7.5.2 shows it so'],
  ['message/rfc822', 'RFC 5322 §2.2: a line without a colon is no field, so the body begins with it'],
]

const field =
  (name: string) =>
  ([value, why]: readonly [string, string | null]): OddField => [`${name}: ${value}\r\n`, why]

const others: readonly OddField[] = [
  ['Subject: a\r\n\tb\r\n', null],
  ['Subject: \r\n b\r\n', null],
  ['Subject:x \r\n', null],
  ['Subject: caf\xe9 \\ "\r\n', null],
  ['Subject : a\r\n', null],
  ['SUBJECT: a\r\nSubject: b\r\n', 'RFC 5322 §3.6: there is one at most; the first is what most clients show'],
  ['Subject: a  b\r\n', AS_IT_IS],
  ['Subject: a\tb\r\n', AS_IT_IS],
  ['Date: a\r\n b\r\n', null],
  ['Date:  x \r\n', ONE_SPACE],
  ['Date: a\r\n\tb\r\n', ONE_SPACE],
  ['Message-ID: <a@b> <c@d>\r\n', null],
  ['Message-ID: <a@b>\r\n  <c@d>\r\n', ONE_SPACE],
  ['In-Reply-To: <a@b>\t\r\n', ONE_SPACE],
  ['To: a@b\r\nTo: c@d\r\nFrom: a@b\r\nFrom: c@d\r\n', null],
  ['Sender:\r\nReply-To: (c)\r\nFrom: a@b\r\n', null],
  ['Sender: g:;\r\nFrom: a@b\r\n', null],
  ['Content-Transfer-Encoding: base64 (c)\r\n', null],
  ['Content-Transfer-Encoding: x-foo\r\n', null],
  ['Content-Transfer-Encoding: base64; x\r\n', 'RFC 2045 §6.1: the mechanism is the one word'],
  ['Content-Disposition: attachment; filename="a b"\r\n', null],
  ['Content-Disposition: attachment filename=x\r\n', null],
  ['Content-Disposition: attachment; filename=a b.txt\r\n', NOT_A_TOKEN],
  ['Content-Disposition: ; filename=x\r\n', 'RFC 2183 §2: a disposition has a type, else it is none'],
  ['Content-ID: <a>\r\n <b>\r\n', null],
  ['Content-Description: a\r\n b\r\n', null],
  ['Content-Language: en (c), de\r\n', null],
  ['Content-Language: en de\r\n', 'RFC 3282 §2: no comma where one must be; the second language is told all the same'],
  ['Content-Location: http://a/\r\n b\r\n', 'RFC 2557 §4.4.2: white space in a folded URI is taken out'],
  ['Content-MD5: abc==\r\n', null],
]

/** One mail is made of each. */
export const oddFields: readonly OddField[] = [
  ...addresses.map(field('From')),
  ...types.map(field('Content-Type')),
  ...others,
]
