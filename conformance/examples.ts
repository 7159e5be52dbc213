/** Lines of the examples that RFCs print and no transcript shows, each with the reason. */

const IN_BASE64 = 'the bare messages of the mechanism: in IMAP and SMTP they travel in base64, and are computed'
const EXTERNAL = 'EXTERNAL takes the certificates of clients, and is not offered'
const ABBREVIATED = 'an abbreviation for 250 flags: imap/too-many-keywords shows it with all of them'

const KERBEROS = 'takes a Kerberos realm; that it is refused where it is not offered is shown in imap/authenticate'

/** RFC → the line as the index has it (`5.4 LINE` in one section alone), `§5.4` for a section, `*` for all → why. */
export const exceptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '3501': { 'AUTHENTICATE GSSAPI': KERBEROS },
  '4616': { '*': 'its examples are dialogues of ACAP, in which the name of the mechanism is a string' },
  '4959': { 'AUTHENTICATE EXTERNAL …': EXTERNAL, 'AUTHENTICATE EXTERNAL': EXTERNAL },
  '5530': { 'STORE 42 FLAGS f1 f2 f3 f4 f5 ... f250': ABBREVIATED },
  '5802': { '*': IN_BASE64 },
  '5819': {
    'LIST (SUBSCRIBED RECURSIVEMATCH)"" % RETURN (STATUS (MESSAGES))':
      'a space is missing in the RFC; RFC 9051 prints it right, and there it is shown',
  },
  '6154': { '§5.4': 'METADATA (RFC 5464) is not offered' },
  '7677': { '*': IN_BASE64 },
  '9051': {
    'AUTHENTICATE GSSAPI': KERBEROS,
    'AUTHENTICATE EXTERNAL …': EXTERNAL,
    'STORE 42 FLAGS f1 f2 f3 f4 f5 ... f250': ABBREVIATED,
  },
}
