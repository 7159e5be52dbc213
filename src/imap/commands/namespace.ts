/** NAMESPACE: where a user's mailboxes are. All are personal, and there is one root. */
import { type Bare, parseBare } from '../bare.js'
import { ok } from '../completion.js'
import { DELIMITER } from '../mailbox-pattern.js'
import { userRow } from '../row.js'

export type Namespace = Bare<'NAMESPACE'>

export const namespaceCommands = {
  NAMESPACE: userRow({
    rfc: 'RFC 2342 §5',
    numbers: 'renews',
    parse: parseBare('NAMESPACE'),
    async run({ out }) {
      out.untagged(`NAMESPACE (("" "${DELIMITER}")) NIL NIL`)
      return ok('NAMESPACE completed')
    },
  }),
}
