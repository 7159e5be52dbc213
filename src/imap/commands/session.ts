/** CAPABILITY, NOOP, LOGOUT: possible in any state. */
import { type Bare, parseBare } from '../bare.js'
import { ok } from '../completion.js'
import { row } from '../row.js'

export type Capability = Bare<'CAPABILITY'>
export type Noop = Bare<'NOOP'>
export type Logout = Bare<'LOGOUT'>

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
}
