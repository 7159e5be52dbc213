/** What is about the session and no mailbox: CAPABILITY, NOOP, LOGOUT, ID in any state; ENABLE. */
import { imapLimits } from '../../core/limits.js'
import { type Bare, parseBare } from '../bare.js'
import { ok } from '../completion.js'
import { clientIdentified } from '../events.js'
import { row, userRow } from '../row.js'
import type { Scanner } from '../scanner.js'

export type Capability = Bare<'CAPABILITY'>
export type Noop = Bare<'NOOP'>
export type Logout = Bare<'LOGOUT'>

export interface Id {
  readonly name: 'ID'
  /** What the client says of itself; null values are left out. */
  readonly fields: Readonly<Record<string, string>>
}

export interface Enable {
  readonly name: 'ENABLE'
  readonly wanted: readonly string[]
}

/** id = "ID" SP id_params_list: RFC 2971 §4, with its bounds */
export function parseId(s: Scanner): Id {
  if (s.sp().skip('NIL')) return { name: 'ID', fields: {} }
  const { idFields, idFieldName, idValue } = imapLimits
  const pairs = s.list(() => {
    const field = s.string('a field name')
    if (field.length > idFieldName) s.fail(`a field name of no more than ${idFieldName} octets`)
    const value = s.sp().nstring('a value or NIL')
    if (value !== null && value.length > idValue) s.fail(`a value of no more than ${idValue} octets`)
    return [field.toString().toLowerCase(), value?.toString() ?? null] as const
  }, '"(" or NIL')
  if (pairs.length > idFields) s.fail(`no more than ${idFields} fields`)
  return { name: 'ID', fields: Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== null)) }
}

/** enable = "ENABLE" 1*(SP capability): RFC 5161 §4 */
export function parseEnable(s: Scanner): Enable {
  const wanted: string[] = []
  do wanted.push(s.sp().keyword('a capability'))
  while (s.peek(' '))
  return { name: 'ENABLE', wanted }
}

export const sessionCommands = {
  CAPABILITY: row({
    rfc: 'RFC 3501 §6.1.1',
    numbers: 'renews',
    parse: parseBare('CAPABILITY'),
    async run({ out, capabilities }) {
      out.untagged(`CAPABILITY ${capabilities()}`)
      return ok('CAPABILITY completed')
    },
  }),

  /** What it is for, to hear of changes, every command does. */
  NOOP: row({
    rfc: 'RFC 3501 §6.1.2',
    numbers: 'renews',
    parse: parseBare('NOOP'),
    async run() {
      return ok('NOOP completed')
    },
  }),

  LOGOUT: row({
    rfc: 'RFC 3501 §6.1.3',
    numbers: 'renews',
    parse: parseBare('LOGOUT'),
    async run({ out }) {
      out.untagged('BYE Logging out')
      return ok('LOGOUT completed', null, 'close')
    },
  }),

  /** Who reads our name learns no version: that would tell which holes to try. */
  ID: row<Id>({
    rfc: 'RFC 2971 §3.1',
    numbers: 'renews',
    parse: parseId,
    async run({ log, out }, { fields }) {
      clientIdentified(log, { client_id: JSON.stringify(fields) })
      out.untagged('ID ("name" "Posthorn")')
      return ok('ID completed')
    },
  }),

  /** Nothing that is offered must be enabled first, and what is not known is passed over (RFC 5161 §3.1). */
  ENABLE: userRow<Enable>({
    rfc: 'RFC 5161 §3.1',
    numbers: 'renews',
    parse: parseEnable,
    async run({ out }) {
      out.untagged('ENABLED')
      return ok('ENABLE completed')
    },
  }),
}
