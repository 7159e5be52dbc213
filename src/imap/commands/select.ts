/** SELECT, EXAMINE, CHECK, CLOSE, UNSELECT: entering a mailbox and leaving it. */
import { type Bare, parseBare } from '../bare.js'
import { type Completion, no, ok } from '../completion.js'
import type { SelectedContext, UserContext } from '../context.js'
import { selectedRow, userRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { View } from '../view.js'

export interface Select {
  readonly name: 'SELECT' | 'EXAMINE'
  readonly mailbox: string
}
export type Check = Bare<'CHECK'>
export type Close = Bare<'CLOSE'>
export type Unselect = Bare<'UNSELECT'>

/** select = "SELECT" SP mailbox: RFC 3501 §9 */
const parse =
  (name: Select['name']) =>
  (s: Scanner): Select => ({ name, mailbox: s.sp().mailbox() })

/** Whatever becomes of it, the mailbox that was selected before is not any more (RFC 3501 §6.3.1). */
async function select(cx: UserContext, { name, mailbox }: Select): Promise<Completion> {
  await cx.select(null)
  const found = await cx.store.findMailbox(cx.account, mailbox)
  if (found === null) return no('NONEXISTENT', 'No such mailbox')
  const readOnly = name === 'EXAMINE'
  const view = new View(await cx.store.openMailbox(found.id, { recent: !readOnly }), { readOnly, origin: cx.origin })
  await cx.select(view)
  const [flags = '', permanent = ''] = view.flagsLines()
  const unseen = view.firstUnseen()
  cx.out.untagged(flags)
  cx.out.untagged(`${view.count} EXISTS`)
  cx.out.untagged(`${view.recent} RECENT`)
  if (unseen !== null) cx.out.untagged(`OK [UNSEEN ${unseen}] The first message that is not seen`)
  cx.out.untagged(permanent)
  cx.out.untagged(`OK [UIDNEXT ${view.uidNext}] The next UID`)
  cx.out.untagged(`OK [UIDVALIDITY ${found.uidValidity}] UIDs are valid`)
  return ok(`${name} completed`, readOnly ? 'READ-ONLY' : 'READ-WRITE')
}

/** Removes what is marked \Deleted and says nothing of it (RFC 3501 §6.4.2). */
async function close({ store, view, origin, select: leave }: SelectedContext): Promise<Completion> {
  if (!view.readOnly) await store.expunge(view.mailbox.id, null, origin)
  await leave(null)
  return ok('CLOSE completed')
}

export const selectCommands = {
  SELECT: userRow<Select>({ rfc: 'RFC 3501 §6.3.1', numbers: 'renews', parse: parse('SELECT'), run: select }),
  EXAMINE: userRow<Select>({ rfc: 'RFC 3501 §6.3.2', numbers: 'renews', parse: parse('EXAMINE'), run: select }),

  /** Everything is on disk before it is answered, so there is nothing to do. */
  CHECK: selectedRow({
    rfc: 'RFC 3501 §6.4.1',
    numbers: 'renews',
    parse: parseBare('CHECK'),
    async run() {
      return ok('CHECK completed')
    },
  }),

  CLOSE: selectedRow({ rfc: 'RFC 3501 §6.4.2', numbers: 'renews', parse: parseBare('CLOSE'), run: close }),

  /** CLOSE without the expunge. */
  UNSELECT: selectedRow({
    rfc: 'RFC 3691 §2',
    numbers: 'renews',
    parse: parseBare('UNSELECT'),
    async run({ select: leave }) {
      await leave(null)
      return ok('UNSELECT completed')
    },
  }),
}
