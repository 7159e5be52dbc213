/** What a report says to a person: what happened to whom, what the other server said, and what can be done about it. */
import { formatDate } from '../message/date.js'
import type { Action, Report, ReportedRecipient } from './report.js'
import { shown } from './report-addresses.js'
import { lines, printable, wrap } from './report-lines.js'

interface Words {
  readonly subject: string
  /** Behind "Your message". */
  readonly text: string
}

/** The first that fits some recipient gives the report its name. */
const WORDS: readonly (readonly [Action, Words])[] = [
  ['failed', { subject: 'Undelivered mail returned to sender', text: 'could not be delivered to' }],
  ['delayed', { subject: 'Your message is delayed', text: 'has not been delivered yet, and is tried again, to' }],
  ['delivered', { subject: 'Your message was delivered', text: 'has been delivered to' }],
  [
    'relayed',
    { subject: 'Your message was passed on', text: 'has been passed on, to servers that report no more, to' },
  ],
  ['expanded', { subject: 'Your message was delivered to a list', text: 'has been delivered to the members of' }],
]

const DOUBLE_BOUNCE = 'Double bounce: a sender could not be told'

/** Why a recipient failed, by its status (RFC 3463), and what can be done. `%` is how long it was tried. */
const FAILURES: readonly (readonly [RegExp, string])[] = [
  [
    /^5\.1\.(0|1|3|4|6)$/,
    'There is no such address, or it is not in use any more. Check how it is written, or ask for the new one.',
  ],
  [/^[45]\.1\.2$/, 'The domain behind the @ does not exist. Check how it is written.'],
  [/^5\.1\.10$/, 'The domain behind the @ takes no mail at all. Check how the address is written.'],
  [/^5\.1\.[78]$/, 'Your own address was refused. Check which one you send from, or ask your administrator.'],
  [/^5\.2\.1$/, 'The mailbox is closed and takes no mail. Reach the recipient in another way.'],
  [/^[45]\.2\.2$/, 'The mailbox is full. Send your message again when the recipient has made room.'],
  [
    /^[45]\.(2\.3|3\.4)$/,
    'Your message is too large. Send it without its attachments, or make them available in another way.',
  ],
  [/^5\.4\.6$/, 'The message went in a circle. Tell the administrator of the recipient, who alone can mend that.'],
  [/^5\.6\./, 'The server of the recipient cannot take a message of this form. Send it as plain text.'],
  [
    /^5\.7\./,
    "The server of the recipient refused the message by its rules. What it said may tell why; the recipient's administrator can help.",
  ],
  [
    /^4\.4\./,
    'The server of the recipient could not be reached for %. Check the address, and send the message again later.',
  ],
  [/^4\./, 'The server of the recipient did not take the message for %. Send it again later.'],
  [/^5\.4\./, 'There is no way to the server of the recipient. Check the address.'],
  [/^/, 'The message was refused for good. What was said may tell why.'],
]

/** RFC 5322 §3.6.5: the name of a report. */
export function subjectOf({ doubleBounce, recipients }: Pick<Report, 'doubleBounce' | 'recipients'>): string {
  if (doubleBounce !== null) return DOUBLE_BOUNCE
  const found = WORDS.find(([action]) => recipients.some((one) => one.action === action))
  if (found === undefined) throw new Error('a report on nobody')
  return found[1].subject
}

/** In blocks of lines. `utf8`: addresses may be shown as they are. */
export function* textOf(report: Report, utf8: boolean): Generator<string> {
  const { hostname, arrivedAt, recipients, doubleBounce, returned } = report
  const message = `${doubleBounce === null ? 'Your' : 'A'} message of ${formatDate(arrivedAt, 0)}`
  yield lines(`This is the mail system at ${hostname}.`, '')
  if (doubleBounce !== null) yield lines(...toPostmaster(doubleBounce, utf8), '')
  for (const [action, { text }] of WORDS) {
    const those = recipients.filter((one) => one.action === action)
    if (those.length === 0) continue
    yield lines(wrap(`${message} ${text}:`, ''))
    for (const one of those) yield lines('', ...onRecipient(one, report, utf8))
    yield lines('')
  }
  yield lines(
    wrap('Nothing is said here of recipients that are not named. The next part has the same for programs.', ''),
    ...(returned === null ? [] : [RETURNED[returned.kind]]),
  )
}

const RETURNED = {
  full: 'Behind it is the message itself.',
  headers: 'Behind it is the header of the message.',
} as const

function toPostmaster({ sender, reason }: NonNullable<Report['doubleBounce']>, utf8: boolean): readonly string[] {
  const who =
    sender === '' ? 'It is a report itself, or another message that must not be answered' : shown(sender, utf8)
  return [
    wrap('A message could not be delivered, and its sender could not be told, so that you are:', ''),
    wrap(`Sender: ${who}`, '  '),
    wrap(`Reason: ${printable(reason)}`, '  '),
  ]
}

function onRecipient(one: ReportedRecipient, report: Report, utf8: boolean): readonly string[] {
  const { recipient, action, diagnostic, remote, willRetryUntil } = one
  const said = `${remote === null ? 'The reason' : `${printable(remote)} said`}: ${printable(diagnostic ?? '')}`
  return [
    wrap(`<${shown(recipient, utf8)}>`, '  '),
    ...(action === 'failed' ? [wrap(adviceOn(one, report), '    ')] : []),
    ...(diagnostic === null || action === 'delivered' ? [] : [wrap(said, '    ')]),
    ...(willRetryUntil === null
      ? []
      : [wrap(`You need not send it again: it is tried until ${formatDate(willRetryUntil, 0)}.`, '    ')]),
  ]
}

function adviceOn({ status, lastAttempt }: ReportedRecipient, { arrivedAt, at }: Report): string {
  const [, words = ''] = FAILURES.find(([pattern]) => pattern.test(status)) ?? []
  return words.replace('%', duration((lastAttempt ?? at) - arrivedAt))
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** In the largest unit of which there are two or more. */
function duration(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? ['minute', 60_000]
  const count = Math.max(1, Math.round(ms / size))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
