/** SEARCH and UID SEARCH: the numbers of the messages that match. */
import type { Uid } from '../../core/ids.js'
import { type Completion, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { turn } from '../pace.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { searchView } from '../search/evaluate.js'
import { parseSearch } from '../search/parse.js'
import type { SearchKey } from '../search/program.js'

export interface Search {
  readonly name: 'SEARCH' | 'UID SEARCH'
  readonly program: SearchKey
}

/** Numbers that are written in one go: less than a millisecond. */
const SLICE = 1_000

async function search(cx: SelectedContext, { name, program }: Search): Promise<Completion> {
  const uids = await searchView(cx, program)
  await tell(cx, uids, name === 'SEARCH' ? (uid) => cx.view.position(uid) ?? uid : (uid) => uid)
  return ok(`${name} completed`)
}

/** mailbox-data =/ "SEARCH" *(SP nz-number): RFC 3501 §7.2.5, one line however many there are. */
async function tell({ out }: SelectedContext, uids: readonly Uid[], number: (uid: Uid) => number): Promise<void> {
  out.octets('* SEARCH')
  for (let at = 0; at < uids.length; at += SLICE) {
    if (at > 0) await turn()
    if (out.full) await out.room()
    const numbers = uids.slice(at, at + SLICE).map(number)
    out.octets(` ${numbers.join(' ')}`)
  }
  out.end('\r\n')
}

const parse =
  (name: Search['name']) =>
  (s: Scanner): Search => ({ name, program: parseSearch(s) })

export const searchCommands = {
  SEARCH: selectedRow({ rfc: 'RFC 3501 §6.4.4', numbers: 'uses', parse: parse('SEARCH'), run: search }),
  /** It gives UIDs, so that EXPUNGE may be told: RFC 3501 §7.4.1. */
  'UID SEARCH': selectedRow({ rfc: 'RFC 3501 §6.4.8', numbers: 'renews', parse: parse('UID SEARCH'), run: search }),
}
