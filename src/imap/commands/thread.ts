/** THREAD and UID THREAD: what a search finds, as conversations (RFC 5256 §3). */
import type { ThreadAlgorithm } from '../../message/arrange.js'
import { CLOSE, OPEN } from '../../message/thread-list.js'
import { type Completion, ok } from '../completion.js'
import type { SelectedContext } from '../context.js'
import { tellPieces } from '../number-list.js'
import { selectedRow } from '../row.js'
import type { Scanner } from '../scanner.js'
import { arrangedOf } from '../search/arranged.js'
import { searchView } from '../search/evaluate.js'
import { parseCharset, parseKeys } from '../search/parse.js'
import type { SearchKey } from '../search/program.js'

export interface Thread {
  readonly name: 'THREAD' | 'UID THREAD'
  readonly algorithm: ThreadAlgorithm
  readonly program: SearchKey
}

/** thread-alg: RFC 5256 §5 */
export const threadAlgorithms: readonly ThreadAlgorithm[] = ['ORDEREDSUBJECT', 'REFERENCES']

/** thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria: RFC 5256 §5 */
const parse =
  (name: Thread['name']) =>
  (s: Scanner): Thread => {
    const word = s.sp().keyword('a threading algorithm')
    const algorithm = threadAlgorithms.find((one) => one === word) ?? s.fail(threadAlgorithms.join(' or '))
    const charset = parseCharset(s.sp())
    return { name, algorithm, program: parseKeys(s, charset) }
  }

async function thread(cx: SelectedContext, { name, algorithm, program }: Thread): Promise<Completion> {
  const { view, out, store } = cx
  const uids = await searchView(cx, program)
  const list = await store.thread(await arrangedOf(view, uids), algorithm)
  const number = (at: number): number => {
    const uid = uids[at]
    if (uid === undefined) throw new Error(`the store has threaded ${at} among ${uids.length} messages`)
    return name === 'THREAD' ? (view.position(uid) ?? uid) : uid
  }
  await tellPieces(out, list.length === 0 ? 'THREAD' : 'THREAD ', list, threadText(number))
  return ok(`${name} completed`)
}

/** thread-list = "(" (thread-members / thread-nested) ")": a space stands behind a number, unless its list ends. */
export function threadText(number: (position: number) => number): (some: Int32Array) => string {
  let afterNumber = false
  return (some) => {
    let text = ''
    for (const item of some) {
      if (item !== CLOSE && afterNumber) text += ' '
      text += item === CLOSE ? ')' : item === OPEN ? '(' : number(item)
      afterNumber = item >= 0
    }
    return text
  }
}

export const threadCommands = {
  THREAD: selectedRow({ rfc: 'RFC 5256 §3', numbers: 'uses', parse: parse('THREAD'), run: thread }),
  /** It gives UIDs, so that EXPUNGE may be told. */
  'UID THREAD': selectedRow({ rfc: 'RFC 5256 §3', numbers: 'renews', parse: parse('UID THREAD'), run: thread }),
}
