/** SEARCH and UID SEARCH: the numbers of the messages that match. */
import type { Uid } from '../../core/ids.js'
import { type Completion, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { tellPieces } from '../number-list.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { searchView } from '../search/evaluate.js'
import { parseSearch } from '../search/parse.js'
import type { SearchKey } from '../search/program.js'

export interface Search {
  readonly name: 'SEARCH' | 'UID SEARCH'
  readonly program: SearchKey
}

async function search(cx: SelectedContext, { name, program }: Search): Promise<Completion> {
  const uids = await searchView(cx, program)
  const number = name === 'SEARCH' ? (uid: Uid): number => cx.view.position(uid) ?? uid : (uid: Uid): number => uid
  // mailbox-data =/ "SEARCH" *(SP nz-number): RFC 3501 §7.2.5
  await tellPieces(cx.out, 'SEARCH', uids, (some) => ` ${some.map(number).join(' ')}`)
  return ok(`${name} completed`)
}

const parse =
  (name: Search['name']) =>
  (s: Scanner): Search => ({ name, program: parseSearch(s) })

export const searchCommands = {
  SEARCH: selectedRow({ rfc: 'RFC 3501 §6.4.4', numbers: 'uses', parse: parse('SEARCH'), run: search }),
  /** It gives UIDs, so that EXPUNGE may be told: RFC 3501 §7.4.1. */
  'UID SEARCH': selectedRow({ rfc: 'RFC 3501 §6.4.8', numbers: 'renews', parse: parse('UID SEARCH'), run: search }),
}
