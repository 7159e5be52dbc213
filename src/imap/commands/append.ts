/** APPEND: one message from the client into a mailbox, or several, all or none. */
import type { Flags } from '../../store/changes.js'
import { StoreError } from '../../store/errors.js'
import { chargeOf, hasRoom } from '../../store/quota.js'
import { noRoomFor } from '../../store/quota-events.js'
import type { SealedBlob } from '../../store/spool.js'
import type { Appended, NewMessage } from '../../store/store.js'
import { no, ok, type ResponseCode } from '../completion.js'
import type { UserContext } from '../context.js'
import { type DateTime, parseDateTime } from '../date-time.js'
import { Refused } from '../errors.js'
import { parseFlagList } from '../flags.js'
import { type Admission, userRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { formatSet } from '../sets.js'

/** What stands in front of one message. */
interface Head {
  readonly flags: Flags
  /** null: now. */
  readonly date: DateTime | null
}

interface Message extends Head {
  readonly blob: SealedBlob
}

export interface Append {
  readonly name: 'APPEND'
  readonly mailbox: string
  /** At least one. */
  readonly messages: readonly Message[]
}

const TRYCREATE = ['TRYCREATE', 'No such mailbox'] as const
const NONE: Flags = { system: 0, keywords: [] }

/** [SP flag-list] [SP date-time] SP: append-message without its literal, RFC 3502 */
function parseHead(s: Scanner): Head {
  const flags = s.peek(' (') ? parseFlagList(s.sp()) : NONE
  const date = s.peek(' "') ? parseDateTime(s.sp()) : null
  s.sp()
  return { flags, date }
}

const parseMessage = (s: Scanner): Message => ({ ...parseHead(s), blob: s.blob('a message as a literal') })

/** append = "APPEND" SP mailbox 1*append-message: RFC 3502 */
export function parseAppend(s: Scanner): Append {
  const mailbox = s.sp().mailbox()
  const messages = [parseMessage(s)]
  while (!s.done) messages.push(parseMessage(s))
  return { name: 'APPEND', mailbox, messages }
}

/** What stands in front of a message that is announced. */
function parseAnnounced(s: Scanner): void {
  parseHead(s)
  if (!s.done) s.fail('a message as a literal')
}

/**
 * What the store would refuse as things are now is refused before it is sent (RFC 3501 §6.3.11, RFC 7888 §4). The
 * store has the last word all the same: between here and there things change.
 */
async function admit(cx: UserContext, mailbox: string, sizes: readonly number[]): Promise<void> {
  const { store, quotas, account, log } = cx
  if ((await store.findMailbox(account, mailbox)) === null) throw new Refused(no(...TRYCREATE))
  const quota = await quotas.findQuota(account)
  const octets = sizes.reduce((sum, size) => sum + chargeOf(size), 0)
  if (quota === null || hasRoom(quota, { octets, messages: sizes.length })) return
  noRoomFor(log, quota, { octets, size: sizes.reduce((sum, size) => sum + size, 0) })
  throw new StoreError('over-quota', 'the messages that were announced have no room')
}

/** The name of the mailbox may be a literal too: then nothing but a space stands in front of it. */
function messageFollows(s: Scanner): Admission<UserContext> | null {
  if (s.atEnd(' ')) return null
  const mailbox = s.sp().mailbox()
  parseAnnounced(s)
  return { admit: (cx, sizes) => admit(cx, mailbox, sizes), next: parseAnnounced }
}

/** RFC 4315 §3 */
const appendUid = (appended: readonly Appended[]): ResponseCode =>
  `APPENDUID ${appended[0]?.uidValidity} ${formatSet(appended.map(({ uid }) => uid))}`

export const appendCommands = {
  APPEND: userRow<Append>({
    rfc: 'RFC 3501 §6.3.11',
    numbers: 'renews',
    refusals: { 'no-such-mailbox': TRYCREATE },
    message: messageFollows,
    parse: parseAppend,
    async run({ store, account, clock, origin }, { mailbox, messages }) {
      // A client says so that it has changed its mind (RFC 3502).
      if (messages.some(({ blob }) => blob.size === 0)) return no('CANNOT', 'A message of no octets cannot be stored')
      const found = await store.findMailbox(account, mailbox)
      if (found === null) return no(...TRYCREATE)
      const dated = ({ blob, flags, date }: Message): NewMessage => {
        return { blob, flags, internalDate: date?.at ?? clock.now(), internalZone: date?.zone ?? 0 }
      }
      return ok('APPEND completed', appendUid(await store.append(found.id, messages.map(dated), origin)))
    },
  }),
}
