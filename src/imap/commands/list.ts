/** LIST, LSUB and XLIST: the names of mailboxes. */
import { StoreError } from '../../store/errors.js'
import { encodeUtf7 } from '../../wire/utf7.js'
import { type Completion, ok } from '../completion.js'
import type { UserContext } from '../context.js'
import { BadArgument } from '../errors.js'
import { type Criterion, type ListedName, ListNames } from '../list-names.js'
import { DELIMITER, mailboxMatcher } from '../mailbox-pattern.js'
import { imapAstring } from '../responses.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { parseStatusItems, type StatusItem, statusResponse } from './status.js'

type Selected = Criterion | 'REMOTE' | 'RECURSIVEMATCH'
type Returned = 'SUBSCRIBED' | 'CHILDREN' | 'SPECIAL-USE'

export interface List {
  readonly name: 'LIST' | 'LSUB' | 'XLIST'
  readonly reference: string
  readonly patterns: readonly string[]
  /** One of the three forms of RFC 5258 §1 was used. */
  readonly extended: boolean
  readonly selected: readonly Selected[]
  readonly returned: readonly Returned[]
  /** Of each mailbox, these figures too: RFC 5819. */
  readonly status: readonly StatusItem[]
}

/** list-select-opt: RFC 5258 §3.1, RFC 6154 §6 */
export const selectionOptions: readonly Selected[] = ['SUBSCRIBED', 'SPECIAL-USE', 'REMOTE', 'RECURSIVEMATCH']
/** return-option without STATUS: RFC 5258 §3.2, RFC 6154 §6 */
export const returnOptions: readonly Returned[] = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE']

function option<T extends string>(s: Scanner, known: readonly T[], what: string): T {
  const word = s.keyword(what)
  return known.find((one) => one === word) ?? s.fail(what)
}

/** list-select-opts: RFC 5258 §6. RECURSIVEMATCH needs something to look for. */
function parseSelected(s: Scanner): readonly Selected[] {
  const selected = s.list(() => option(s, selectionOptions, 'a selection option'))
  const base = selected.some((one) => one === 'SUBSCRIBED' || one === 'SPECIAL-USE')
  if (selected.includes('RECURSIVEMATCH') && !base) s.fail('another selection option beside RECURSIVEMATCH')
  return selected
}

/** list-return-opts: RFC 5258 §6, RFC 5819 §4 */
function parseReturned(s: Scanner): Pick<List, 'returned' | 'status'> {
  const status: StatusItem[] = []
  const returned = s.list(() => {
    if (!s.skip('STATUS ')) return option(s, returnOptions, 'a return option')
    status.push(...parseStatusItems(s))
    return null
  }, '"(" before the return options')
  return { returned: returned.filter((one) => one !== null), status: [...new Set(status)] }
}

/** list: RFC 5258 §6, which has in it that of RFC 3501 §9 */
export function parseList(s: Scanner): List {
  const selecting = s.sp().peek('(')
  const selected = selecting ? parseSelected(s) : []
  const reference = (selecting ? s.sp() : s).mailbox('a reference')
  const several = s.sp().peek('(')
  const patterns = several ? s.list(() => s.listMailbox()) : [s.listMailbox()]
  if (patterns.length === 0) s.fail('a mailbox pattern')
  const returning = s.skip(' RETURN ')
  const extended = selecting || several || returning
  const returns = returning ? parseReturned(s) : { returned: [], status: [] }
  return { name: 'LIST', reference, patterns, extended, selected, ...returns }
}

/** lsub = "LSUB" SP mailbox SP list-mailbox: RFC 3501 §9; XLIST takes the same */
export const parseOld =
  (name: 'LSUB' | 'XLIST') =>
  (s: Scanner): List => {
    const reference = s.sp().mailbox('a reference')
    const patterns = [s.sp().listMailbox()]
    const selected: Selected[] = name === 'LSUB' ? ['SUBSCRIBED', 'RECURSIVEMATCH'] : []
    return { name, reference, patterns, extended: false, selected, returned: [], status: [] }
  }

/** mailbox-list: RFC 3501 §7.2.2, RFC 5258 §6 */
const response = (command: List['name'], attributes: readonly string[], name: string, more = ''): string =>
  `${command} (${attributes.join(' ')}) "${DELIMITER}" ${imapAstring(encodeUtf7(name))}${more}`

/** What clients of before RFC 6154 call the uses. */
const OLD_USES: Readonly<Record<string, string>> = { '\\Junk': '\\Spam' }

function uses({ name }: List, { name: mailboxName, mailbox }: ListedName): readonly string[] {
  const known = mailbox?.specialUse?.split(' ') ?? []
  if (name !== 'XLIST') return known
  return mailboxName === 'INBOX' ? ['\\Inbox'] : known.map((use) => OLD_USES[use] ?? use)
}

function attributes(command: List, listed: ListedName): readonly string[] {
  const { selected, returned, extended } = command
  const { mailbox, subscribed, hasChildren } = listed
  // Of LSUB the RFC wants this word for names that are not subscribed themselves (RFC 3501 §6.3.9).
  if (command.name === 'LSUB') return subscribed ? [] : ['\\Noselect']
  const wantsSubscribed = selected.includes('SUBSCRIBED') || returned.includes('SUBSCRIBED')
  return [
    ...(mailbox === null ? [extended ? '\\NonExistent' : '\\Noselect'] : []),
    ...(wantsSubscribed && subscribed ? ['\\Subscribed'] : []),
    hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...uses(command, listed),
  ]
}

const criteriaOf = ({ selected }: List): readonly Criterion[] =>
  selectionOptions
    .filter((one) => one === 'SUBSCRIBED' || one === 'SPECIAL-USE')
    .filter((one) => selected.includes(one))

/** The line for a name, with CHILDINFO where it was asked for: RFC 5258 §3.5 */
function line(command: List, listed: ListedName): string {
  const criteria = criteriaOf(command).map((one) => `"${one}"`)
  const info = listed.childInfo && command.extended ? ` ("CHILDINFO" (${criteria.join(' ')}))` : ''
  return response(command.name, attributes(command, listed), listed.name, info)
}

/** Characters that are compared in the time of one octet of other work. */
const COMPARED_PER_OCTET = 16

/** What going through one name costs, beside comparing it, in octets of other work. */
const NAME_COST = 250

/** Calls `work` for each, and lets others have their turn in between. `cost`: beside that of any name. */
async function inTurns<T>(
  { pace }: UserContext,
  items: Iterable<T>,
  work: (item: T) => void | Promise<void>,
  cost: (item: T) => number = () => 0,
): Promise<void> {
  for (const item of items) {
    await work(item)
    await pace.spend(NAME_COST + cost(item))
  }
}

async function gather(cx: UserContext, command: List): Promise<ListNames> {
  const { store, account } = cx
  const patterns = command.patterns.filter((pattern) => pattern !== '')
  const matchers = patterns.map((pattern) => mailboxMatcher(command.reference + pattern))
  const names = new ListNames({
    matches: (name) => matchers.some((matches) => matches(name)),
    criteria: criteriaOf(command),
    recursive: command.selected.includes('RECURSIVEMATCH'),
  })
  await inTurns(cx, await store.listMailboxes(account), (mailbox) => names.addMailbox(mailbox))
  if (criteriaOf(command).includes('SUBSCRIBED'))
    await inTurns(cx, await store.listSubscriptions(account), (name) => names.addSubscription(name))
  const signs = patterns.reduce((sum, pattern) => sum + command.reference.length + pattern.length, 0)
  await inTurns(
    cx,
    names.all,
    (name) => names.look(name),
    (name) => (name.length * signs) / COMPARED_PER_OCTET,
  )
  return names
}

async function list(cx: UserContext, command: List): Promise<Completion> {
  const { name, reference, patterns, extended } = command
  const most = cx.limits.listPattern
  if (patterns.reduce((sum, pattern) => sum + reference.length + pattern.length, 0) > most)
    throw new BadArgument(`Reference and patterns may have ${most} characters`)
  // Without the extensions an empty pattern asks for the delimiter and the root of the reference.
  if (!extended && patterns[0] === '') cx.out.untagged(response(name, ['\\Noselect'], ''))
  else {
    const names = await gather(cx, command)
    await inTurns(cx, names.all, (one) => tell(cx, command, names.chosen(one)))
  }
  return ok(`${name} completed`)
}

/** Figures are told of mailboxes that match pattern and selection options, and not of those above them: RFC 5819 §2. */
async function tell(cx: UserContext, command: List, listed: ListedName | null): Promise<void> {
  if (listed === null) return
  cx.out.untagged(line(command, listed))
  if (command.status.length > 0 && listed.mailbox !== null && listed.satisfies)
    await tellStatus(cx, command.status, listed.mailbox)
  if (cx.out.full) await cx.out.room()
}

/** RFC 5819 §2: a mailbox whose figures cannot be had is listed without them. */
async function tellStatus(
  cx: UserContext,
  items: readonly StatusItem[],
  mailbox: NonNullable<ListedName['mailbox']>,
): Promise<void> {
  try {
    cx.out.untagged(await statusResponse(cx, mailbox, items))
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
}

export const listCommands = {
  LIST: userRow<List>({ rfc: 'RFC 5258 §3', numbers: 'renews', parse: parseList, run: list }),
  LSUB: userRow<List>({ rfc: 'RFC 3501 §6.3.9', numbers: 'renews', parse: parseOld('LSUB'), run: list }),
  /** What there was before SPECIAL-USE. */
  XLIST: userRow<List>({ rfc: 'RFC 6154 §1', numbers: 'renews', parse: parseOld('XLIST'), run: list }),
}
