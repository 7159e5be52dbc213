/** The commands that a session may say next, made from what its client believes. */

import type { Dice } from '../dice.js'
import type { Belief } from './belief.js'

export interface Command {
  readonly text: string
  /** Its name in capitals, with UID in front. */
  readonly name: string
  /** STORE: what it does, and to which numbers. */
  readonly store?: { readonly sign: string; readonly silent: boolean; readonly flags: readonly string[] }
  readonly set?: readonly number[]
  /** SELECT and EXAMINE. */
  readonly opens?: { readonly readOnly: boolean }
  /** APPEND: the subject of the message. */
  readonly subject?: string
}

const FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', '$one', 'two']
const ITEMS = [
  'FLAGS',
  '(UID FLAGS)',
  '(UID)',
  'BODY.PEEK[HEADER.FIELDS (SUBJECT)]',
  '(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])',
  'BODY[]',
  '(FLAGS RFC822.SIZE INTERNALDATE)',
  'BODY.PEEK[TEXT]',
]
const KEYS = [
  'ALL',
  'UNSEEN',
  'DELETED',
  'NOT FLAGGED',
  'KEYWORD two',
  'OR SEEN ANSWERED',
  'RECENT',
  'BODY x',
  'SUBJECT 3',
  '1:*',
]
/** More of them keep a mailbox from being as good as empty; fewer, from growing. */
const FEW = 6
const MANY = 30

const plain = (name: string): Command => ({ text: name, name })

/** Says what a session with this belief may say; null: it has none selected. */
export function nextCommand(dice: Dice, belief: Belief | null, newSubject: () => string): Command {
  if (belief === null) return dice.once(6) ? append(dice, newSubject()) : select(dice)
  if (belief.count < FEW && dice.once(2)) return append(dice, newSubject())
  if (belief.count > MANY && !belief.readOnly && dice.once(2))
    return dice.once(3) ? plain('EXPUNGE') : storeOf(dice, belief, ['\\Deleted'], '+')
  const make = dice.pick(MAKERS)
  return make(dice, belief, newSubject)
}

const USES_NUMBERS = /^(?:FETCH|STORE|COPY|MOVE|SEARCH|SORT|THREAD)$/
const ANSWERED_WITHOUT_EXPUNGE = /^(?:FETCH|STORE|SEARCH|SORT|THREAD)$/
const CHANGES_THE_MAILBOX = /^(?:SELECT|EXAMINE|CLOSE|UNSELECT|IDLE)$/

/**
 * Whether `next`, which was made from what is believed before `first`, may be sent without waiting for its answer: what
 * number it means must not depend on that (RFC 3501 §5.5), nor which mailbox.
 */
export function mayFollow(first: Command, next: Command): boolean {
  if (CHANGES_THE_MAILBOX.test(first.name)) return false
  return !USES_NUMBERS.test(next.name) || ANSWERED_WITHOUT_EXPUNGE.test(first.name)
}

type Maker = (dice: Dice, belief: Belief, newSubject: () => string) => Command

const fetch: Maker = (dice, belief) => onSet(dice, belief, 'FETCH', dice.pick(ITEMS))
const store: Maker = (dice, belief) =>
  storeOf(dice, belief, dice.once(3) ? ['\\Deleted'] : dice.some(FLAGS), dice.pick(['', '+', '-']))
const search: Maker = (dice, belief) => {
  const program = belief.count === 0 ? 'ALL' : dice.pick(KEYS)
  const name = dice.once(2) ? 'UID ' : ''
  const verb = dice.pick(['SEARCH', 'SEARCH', 'SORT (SUBJECT REVERSE SIZE) UTF-8', 'THREAD REFERENCES UTF-8'])
  return { text: `${name}${verb} ${program}`, name: `${name}${verb.split(' ')[0]}` }
}
const copy: Maker = (dice, belief) =>
  onSet(dice, belief, 'COPY', belief.count > MANY ? 'Sent' : dice.pick(['Sent', 'INBOX']))
const move: Maker = (dice, belief) => onSet(dice, belief, 'MOVE', dice.pick(['Sent', 'INBOX']))
const uidExpunge: Maker = (dice, belief) =>
  belief.uids.length === 0
    ? plain('EXPUNGE')
    : { text: `UID EXPUNGE ${numbers(dice, belief.uids).join(',')}`, name: 'UID EXPUNGE' }
const appendMaker: Maker = (dice, _, newSubject) => append(dice, newSubject())
const selectMaker: Maker = (dice) => select(dice)
const always =
  (name: string): Maker =>
  () =>
    plain(name)

/** How often each comes is how often it stands here. */
const MAKERS: readonly Maker[] = [
  ...Array<Maker>(8).fill(fetch),
  ...Array<Maker>(8).fill(store),
  ...Array<Maker>(4).fill(search),
  ...Array<Maker>(3).fill(appendMaker),
  ...Array<Maker>(3).fill(always('NOOP')),
  ...Array<Maker>(3).fill(always('IDLE')),
  always('CHECK'),
  always('EXPUNGE'),
  uidExpunge,
  copy,
  move,
  selectMaker,
  always('CLOSE'),
  always('UNSELECT'),
]

const select = (dice: Dice): Command => {
  const readOnly = dice.once(5)
  const name = readOnly ? 'EXAMINE' : 'SELECT'
  return { text: `${name} INBOX`, name, opens: { readOnly } }
}

export function append(dice: Dice, subject: string): Command {
  const message = messageText(subject)
  const flags = dice.once(2) ? `(${dice.some(FLAGS).join(' ')}) ` : ''
  return { text: `APPEND INBOX ${flags}{${message.length}+}\r\n${message}`, name: 'APPEND', subject }
}

export const messageText = (subject: string): string =>
  `Subject: ${subject}\r\nMessage-ID: <${subject.replace(' ', '.')}@example.org>\r\n\r\n${'x'.repeat(subject.length)}\r\n`

function storeOf(dice: Dice, belief: Belief, flags: readonly string[], sign: string): Command {
  const silent = dice.once(2)
  const rest = `${sign}FLAGS${silent ? '.SILENT' : ''} (${flags.join(' ')})`
  return { ...onSet(dice, belief, 'STORE', rest), store: { sign, silent, flags } }
}

/** By sequence numbers, or by UIDs of which some may be gone long ago. */
function onSet(dice: Dice, { messages, uids }: Belief, verb: string, rest: string): Command {
  const byUid = messages.length === 0 || (uids.length > 0 && dice.once(2))
  const known = byUid ? [...uids, 1] : messages.map((_, at) => at + 1)
  const set = numbers(dice, known)
  const name = byUid ? `UID ${verb}` : verb
  return { text: `${name} ${set.join(',')} ${rest}`, name, set }
}

/** One, a few next to each other, some, or all. */
function numbers(dice: Dice, known: readonly number[]): number[] {
  const at = dice.roll(known.length)
  return dice.pick([
    () => [dice.pick(known)],
    () => known.slice(at, at + 4),
    () => dice.some(known),
    () => [...known],
  ])()
}
