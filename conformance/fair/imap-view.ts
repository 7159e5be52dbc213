/** What a client knows of its selected mailbox and of the server: how many messages, which UIDs, what is offered. Pure. */
import { textOf } from './imap-match.js'
import type { Response } from './imap-response.js'
import type { Value } from './imap-values.js'

export interface View {
  /** Messages; null when nothing was said of them. */
  readonly exists: number | null
  /** By message number. */
  readonly uids: ReadonlyMap<number, string>
  /** Capabilities in capitals; null when nothing was said of them. */
  readonly offered: ReadonlySet<string> | null
}

export const blankView: View = { exists: null, uids: new Map(), offered: null }

/** @param came a response that was accepted */
export function seen(view: View, came: Response): View {
  const capabilities = capabilitiesIn(came)
  if (capabilities !== null)
    return { ...view, offered: new Set(capabilities.map((value) => (textOf(value) ?? '').toUpperCase())) }
  if (came.kind !== 'data' || came.number === null) return view
  const number = Number(came.number)
  if (came.name === 'EXISTS') return { ...view, exists: number }
  if (came.name === 'EXPUNGE') return withoutMessage(view, number)
  return came.name === 'FETCH' ? withUid(view, number, came.values) : view
}

function capabilitiesIn(came: Response): readonly Value[] | null {
  if (came.kind === 'data' && came.name === 'CAPABILITY') return came.values
  return came.kind === 'status' && came.code?.name === 'CAPABILITY' ? came.code.values : null
}

function withoutMessage({ exists, uids, offered }: View, number: number): View {
  const left = [...uids].filter(([n]) => n !== number).map(([n, uid]) => [n > number ? n - 1 : n, uid] as const)
  return { exists: exists === null ? null : exists - 1, uids: new Map(left), offered }
}

function withUid(view: View, number: number, [list]: readonly Value[]): View {
  const items = list?.kind === 'list' ? list.items : []
  const at = items.findIndex((value, i) => i % 2 === 0 && (textOf(value) ?? '').toUpperCase() === 'UID')
  const uid = at === -1 ? null : textOf(items[at + 1] ?? { kind: 'nil' })
  return uid === null ? view : { ...view, uids: new Map([...view.uids, [number, uid]]) }
}
