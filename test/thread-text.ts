/** A thread list as THREAD writes it, with numbers from 1 unless told otherwise. */
import { CLOSE, OPEN } from '../src/message/thread-list.js'

export function threadText(list: Iterable<number>, name = (position: number): number => position + 1): string {
  let text = ''
  for (const item of list) {
    if (item === CLOSE) text += ')'
    else text += (/\d$/.test(text) ? ' ' : '') + (item === OPEN ? '(' : name(item))
  }
  return text
}
