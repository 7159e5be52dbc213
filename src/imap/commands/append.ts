/** APPEND: a message from the client into a mailbox. */
import type { Flags } from '../../store/changes.js'
import type { SealedBlob } from '../../store/spool.js'
import type { Appended } from '../../store/store.js'
import { no, ok, type ResponseCode } from '../completion.js'
import { type DateTime, parseDateTime } from '../date-time.js'
import { parseFlagList } from '../flags.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { formatSet } from '../sets.js'

interface Envelope {
  readonly mailbox: string
  readonly flags: Flags
  /** null: now. */
  readonly date: DateTime | null
}

export interface Append extends Envelope {
  readonly name: 'APPEND'
  readonly blob: SealedBlob
}

const NONE: Flags = { system: 0, keywords: [] }

/** "APPEND" SP mailbox [SP flag-list] [SP date-time] SP: what stands in front of the message, RFC 3501 §9 */
function parseHead(s: Scanner): Envelope {
  const mailbox = s.sp().mailbox()
  const flags = s.peek(' (') ? parseFlagList(s.sp()) : NONE
  const date = s.peek(' "') ? parseDateTime(s.sp()) : null
  s.sp()
  return { mailbox, flags, date }
}

/** append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal: RFC 3501 §9 */
export const parseAppend = (s: Scanner): Append => ({
  name: 'APPEND',
  ...parseHead(s),
  blob: s.blob('a message as a literal'),
})

/** The name of the mailbox may be a literal too: then nothing but a space stands in front of it. */
function messageFollows(s: Scanner): boolean {
  if (s.atEnd(' ')) return false
  parseHead(s)
  s.end()
  return true
}

/** RFC 4315 §3 */
const appendUid = (appended: readonly Appended[]): ResponseCode =>
  `APPENDUID ${appended[0]?.uidValidity} ${formatSet(appended.map(({ uid }) => uid))}`

export const appendCommands = {
  APPEND: userRow<Append>({
    rfc: 'RFC 3501 §6.3.11',
    numbers: 'renews',
    refusals: { 'no-such-mailbox': ['TRYCREATE', 'No such mailbox'] },
    message: messageFollows,
    parse: parseAppend,
    async run({ store, account, clock, origin }, { mailbox, flags, date, blob }) {
      if (blob.size === 0) return no('CANNOT', 'A message of no octets cannot be stored')
      const found = await store.findMailbox(account, mailbox)
      if (found === null) return no('TRYCREATE', 'No such mailbox')
      const message = { blob, flags, internalDate: date?.at ?? clock.now(), internalZone: date?.zone ?? 0 }
      return ok('APPEND completed', appendUid(await store.append(found.id, [message], origin)))
    },
  }),
}
