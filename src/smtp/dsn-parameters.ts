/** The parameters of DSN: RFC 3461 §4. Pure; throws BadCommand and nothing else. */
import type { Notify } from '../store/store.js'
import { BadCommand } from './errors.js'
import type { MailParameters, RcptParameters } from './extensions.js'
import { decodeXtext, isAscii, type ParameterRow } from './parse.js'
import { replies } from './reply.js'

/** RFC 3461 §4.4 and §4.2: octets of the value, as it is sent. */
const LONGEST_ENVID = 100
const LONGEST_ORCPT = 500
/** atom of RFC 822, which is what an addr-type is */
const ADDRESS_TYPE = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+$/
const NOTIFY: ReadonlyMap<string, Notify> = new Map([
  ['SUCCESS', 'success'],
  ['FAILURE', 'failure'],
  ['DELAY', 'delay'],
])

const bad = (): BadCommand => new BadCommand(replies.badParameter)

/** What an xtext stands for, when that is printable ASCII. */
function printableXtext(text: string): string {
  const decoded = decodeXtext(text)
  if (decoded === null || !isAscii(decoded)) throw bad()
  return decoded
}

/** RET=FULL or RET=HDRS: RFC 3461 §4.3 */
function parseReturned(value: string | null): MailParameters {
  const returned = value?.toUpperCase()
  if (returned !== 'FULL' && returned !== 'HDRS') throw bad()
  return { returned: returned === 'FULL' ? 'full' : 'headers' }
}

/** ENVID=xtext: RFC 3461 §4.4. Kept decoded. */
function parseEnvelopeId(value: string | null): MailParameters {
  if (value === null || value.length > LONGEST_ENVID) throw bad()
  return { envelopeId: printableXtext(value) }
}

/** NOTIFY=NEVER, which is kept as an empty list, or some of SUCCESS, FAILURE and DELAY: RFC 3461 §4.1 */
function parseNotify(value: string | null): RcptParameters {
  if (value?.toUpperCase() === 'NEVER') return { notify: [] }
  const conditions = (value ?? '').split(',').map((word) => NOTIFY.get(word.toUpperCase()))
  const notify = [...NOTIFY.values()].filter((condition) => conditions.includes(condition))
  if (conditions.includes(undefined)) throw bad()
  return { notify }
}

/**
 * ORCPT=addr-type;xtext: RFC 3461 §4.2. Kept with the address decoded. An address of type utf-8 may be in UTF-8 or
 * encodings of its own (RFC 6533 §3), and is kept as it is.
 */
function parseOriginal(value: string | null): RcptParameters {
  const [, type = '', address = ''] = /^([^;]*);(.+)$/.exec(value ?? '') ?? []
  if (value === null || Buffer.byteLength(value) > LONGEST_ORCPT || !ADDRESS_TYPE.test(type)) throw bad()
  const originalRecipient = `${type};${type.toLowerCase() === 'utf-8' ? address : printableXtext(address)}`
  return { originalRecipient }
}

export const dsnMail: { readonly [keyword: string]: ParameterRow<MailParameters> } = {
  RET: parseReturned,
  ENVID: parseEnvelopeId,
}
export const dsnRcpt: { readonly [keyword: string]: ParameterRow<RcptParameters> } = {
  NOTIFY: parseNotify,
  ORCPT: parseOriginal,
}
