/** SORT and UID SORT: what a search finds, in an order (RFC 5256 §3). */
import { sortKeys } from '../../message/arrange.js'
import type { SortCriterion } from '../../message/sort-order.js'
import { type Completion, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { tellPieces } from '../number-list.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { arrangedOf } from '../search/arranged.js'
import { searchView } from '../search/evaluate.js'
import { parseCharset, parseKeys } from '../search/parse.js'
import type { SearchKey } from '../search/program.js'

export interface Sort {
  readonly name: 'SORT' | 'UID SORT'
  readonly criteria: readonly SortCriterion[]
  readonly program: SearchKey
}

/** sort-criterion = ["REVERSE" SP] sort-key: RFC 5256 §5 */
function parseCriterion(s: Scanner): SortCriterion {
  const reverse = s.skip('REVERSE ')
  const name = s.keyword('a sort key')
  const key = sortKeys.find((one) => one === name)
  return key === undefined ? s.fail(`one of ${sortKeys.join(', ')}`) : { key, reverse }
}

/** sort = ["UID" SP] "SORT" SP sort-criteria SP search-criteria: RFC 5256 §5 */
const parse =
  (name: Sort['name']) =>
  (s: Scanner): Sort => {
    const criteria = s.sp().list(() => parseCriterion(s))
    if (criteria.length === 0) s.fail('a sort key')
    const charset = parseCharset(s.sp())
    return { name, criteria, program: parseKeys(s, charset) }
  }

async function sort(cx: SelectedContext, { name, criteria, program }: Sort): Promise<Completion> {
  const { view, out, store } = cx
  const uids = await searchView(cx, program)
  const positions = await store.sort(await arrangedOf(view, uids), criteria)
  const number = (at: number): number => {
    const uid = uids[at]
    if (uid === undefined) throw new Error(`the store has sorted ${at} into ${uids.length} messages`)
    return name === 'SORT' ? (view.position(uid) ?? uid) : uid
  }
  await tellPieces(out, 'SORT', positions, (some) => ` ${Array.from(some, number).join(' ')}`)
  return ok(`${name} completed`)
}

export const sortCommands = {
  SORT: selectedRow({ rfc: 'RFC 5256 §3', numbers: 'uses', parse: parse('SORT'), run: sort }),
  /** It gives UIDs, so that EXPUNGE may be told. */
  'UID SORT': selectedRow({ rfc: 'RFC 5256 §3', numbers: 'renews', parse: parse('UID SORT'), run: sort }),
}
