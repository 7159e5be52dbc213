/** BounceStore on SQLite. */
import type { BounceStore, IncomingReport } from '../bounce-store.js'
import type { Submit } from '../ops.js'
import { reading } from './reading.js'
import type { Statements } from './statements.js'

export const bounceStore = ({ sql, submit }: { readonly sql: Statements; readonly submit: Submit }): BounceStore => ({
  listIncomingReports: (after, limit) => reading(() => sql.all<IncomingReport>(LIST, after, limit)),
  dropIncomingReport: async (serial) => void (await submit({ kind: 'drop-incoming-report', serial })),
  recordBounces: (bounces) => submit({ kind: 'record-bounces', bounces }),
})

const LIST = 'SELECT id AS serial, blob FROM incoming_report WHERE id > ? ORDER BY id LIMIT ?'
