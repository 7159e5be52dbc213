/** EXPUNGE: messages marked \Deleted go for good. */
import { type Bare, parseBare } from '../bare.js'
import { no, ok } from '../completion.js'
import { selectedRow } from '../row.js'

export type Expunge = Bare<'EXPUNGE'>

export const expungeCommands = {
  /** The client is told by way of the change feed, in one order with what others expunged. */
  EXPUNGE: selectedRow({
    rfc: 'RFC 3501 §6.4.3',
    numbers: 'renews',
    parse: parseBare('EXPUNGE'),
    async run({ store, view, origin }) {
      if (view.readOnly) return no('READ-ONLY', 'The mailbox is selected read-only')
      await store.expunge(view.mailbox.id, null, origin)
      return ok('EXPUNGE completed')
    },
  }),
}
