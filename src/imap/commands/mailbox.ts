/** CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: the names of mailboxes and which of them the user follows. */
import { type Completion, no, ok } from '../completion.js'
import type { UserContext } from '../context.js'
import { Refused } from '../errors.js'
import { userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

export interface Create {
  readonly name: 'CREATE'
  readonly mailbox: string
  /** As the client gave them, such as `\Sent`. */
  readonly uses: readonly string[]
}
export interface Rename {
  readonly name: 'RENAME'
  readonly from: string
  readonly to: string
}
interface Named<N extends string> {
  readonly name: N
  readonly mailbox: string
}
export type Delete = Named<'DELETE'>
export type Subscribe = Named<'SUBSCRIBE'>
export type Unsubscribe = Named<'UNSUBSCRIBE'>

/** What a mailbox can be for (RFC 6154 §2). \All and \Flagged show messages of others, which no mailbox does here. */
const USES: readonly string[] = ['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash']

/** A name that ends in the separator says that others will be below it, which they can always be (RFC 3501 §6.3.3). */
const bare = (mailbox: string): string => (mailbox.length > 1 ? mailbox.replace(/\/$/, '') : mailbox)

const parseNamed =
  <N extends string>(name: N) =>
  (s: Scanner): Named<N> => ({ name, mailbox: s.sp().mailbox() })

/** create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]: RFC 6154 §6 */
export function parseCreate(s: Scanner): Create {
  const mailbox = bare(s.sp().mailbox())
  if (!s.skip(' ')) return { name: 'CREATE', mailbox, uses: [] }
  s.lit('(').lit('USE').sp()
  const uses = s.list(() => s.lit('\\').atom('a use'), '"(" before the uses')
  s.lit(')')
  return { name: 'CREATE', mailbox, uses: uses.map((use) => `\\${use}`) }
}

/** @throws Refused for a use that no mailbox can have here */
function specialUse(uses: readonly string[]): string | null {
  const known = uses.map((use) => {
    const found = USES.find((one) => one.toLowerCase() === use.toLowerCase())
    if (found === undefined) throw new Refused(no('USEATTR', 'A mailbox cannot have this use'))
    return found
  })
  return known.length === 0 ? null : [...new Set(known)].sort().join(' ')
}

async function create({ store, account }: UserContext, { mailbox, uses }: Create): Promise<Completion> {
  await store.createMailbox(account, { name: mailbox, specialUse: specialUse(uses) })
  return ok('CREATE completed')
}

/** Whoever has it selected hears BYE (RFC 2180 §3.3), but the one who deletes it only leaves it. */
async function remove(cx: UserContext, { mailbox }: Delete): Promise<Completion> {
  const id = await cx.store.deleteMailbox(cx.account, bare(mailbox))
  if (cx.state === 'selected' && cx.view.mailbox.id === id) await cx.select(null)
  return ok('DELETE completed')
}

export const mailboxCommands = {
  CREATE: userRow<Create>({ rfc: 'RFC 3501 §6.3.3', numbers: 'renews', parse: parseCreate, run: create }),
  DELETE: userRow<Delete>({ rfc: 'RFC 3501 §6.3.4', numbers: 'renews', parse: parseNamed('DELETE'), run: remove }),

  RENAME: userRow<Rename>({
    rfc: 'RFC 3501 §6.3.5',
    numbers: 'renews',
    parse: (s) => ({ name: 'RENAME', from: bare(s.sp().mailbox()), to: bare(s.sp().mailbox()) }),
    async run({ store, account, origin }, { from, to }) {
      await store.renameMailbox(account, from, to, origin)
      return ok('RENAME completed')
    },
  }),

  SUBSCRIBE: userRow<Subscribe>({
    rfc: 'RFC 3501 §6.3.6',
    numbers: 'renews',
    parse: parseNamed('SUBSCRIBE'),
    async run({ store, account }, { mailbox }) {
      await store.setSubscription(account, bare(mailbox), true)
      return ok('SUBSCRIBE completed')
    },
  }),

  UNSUBSCRIBE: userRow<Unsubscribe>({
    rfc: 'RFC 3501 §6.3.7',
    numbers: 'renews',
    parse: parseNamed('UNSUBSCRIBE'),
    async run({ store, account }, { mailbox }) {
      await store.setSubscription(account, bare(mailbox), false)
      return ok('UNSUBSCRIBE completed')
    },
  }),
}
