/** Tells whether what begins a header is a header at all: some parts, and some messages, begin with their body. */
import { mimeLimits } from '../core/limits.js'
import { isNameOctet } from './headers.js'

const TAB = 9
const SPACE = 32
const COLON = 58
/** Of the line that mbox files put in front of a message ("From user@host date"); a header may begin with it. */
const MBOX = ['From', '>From']

export class FirstLine {
  #octets = 0
  /** As much of the name as tells it from MBOX. */
  #name = ''
  #behindName = false

  start(): void {
    this.#octets = 0
    this.#name = ''
    this.#behindName = false
  }

  /** The next octet of the line. The octet that is answered by anything but 'more' may be looked at again. */
  feed(octet: number): 'more' | 'header' | 'body' {
    if (octet === COLON) return this.#octets > 0 ? 'header' : 'body'
    if (octet === SPACE || octet === TAB) {
      this.#behindName = true
      return this.#octets > 0 ? 'more' : 'body'
    }
    if (this.#behindName) return MBOX.includes(this.#name) ? 'header' : 'body'
    if (!isNameOctet(octet) || ++this.#octets > mimeLimits.fieldName) return 'body'
    if (this.#name.length < 6) this.#name += String.fromCharCode(octet)
    return 'more'
  }
}
