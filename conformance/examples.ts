/** Lines of the examples that RFCs print and no transcript shows, each with the reason. */

/** RFC → the line as the index has it, `§5.4` for a section, `*` for all → why. */
export const exceptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '4616': {
    '*': 'its examples are dialogues of ACAP, where the name of the mechanism is a string',
  },
  '5802': { '*': 'the bare messages of the mechanism; in IMAP and SMTP they travel in base64 and are computed' },
  '7677': { '*': 'the bare messages of the mechanism; in IMAP and SMTP they travel in base64 and are computed' },
}
