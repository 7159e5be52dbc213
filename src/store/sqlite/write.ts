/** The table of write operations: one apply function for each kind. */
import type { Effects, OpKind, WriteOp } from '../ops.js'
import { addDomain, addUser, recordLogin, removeDomain, updateUser } from './write-accounts.js'
import { addAlias, removeAlias, updateDomain } from './write-aliases.js'
import { addAppPassword, removeAppPassword } from './write-app-passwords.js'
import { recordAttempt } from './write-attempts.js'
import { dropFiles, erase } from './write-blob.js'
import { dropIncomingReport, recordBounces } from './write-bounces.js'
import { claimDue, releaseClaims } from './write-claims.js'
import type { Apply, WriteContext } from './write-context.js'
import { controlQueue, forgetFinished } from './write-control.js'
import { copyMessages, undoCopy } from './write-copy.js'
import { joinThreads, recordKeys } from './write-derived.js'
import { forgetExpunged } from './write-expunged.js'
import { recordExtractions } from './write-extraction.js'
import { expunge, setFlags } from './write-flags.js'
import { append, takeRecent } from './write-mail.js'
import { createMailbox, deleteMailbox, renameMailbox, setSubscription } from './write-mailboxes.js'
import { moveMessages } from './write-move.js'
import { giveNotice } from './write-notice.js'
import { accept } from './write-queue.js'
import {
  addHoldRule,
  pauseDestination,
  removeHoldRule,
  resumeDestination,
  suppress,
  unsuppress,
} from './write-queue-rules.js'
import { recalculateQuota, setQuota, setUsualQuota } from './write-quota.js'
import { forgetDeliveries } from './write-recent.js'
import { eraseRemoved, removeUser } from './write-removal.js'
import { repair } from './write-repair.js'
import { dropReports, warnDelayed } from './write-reports.js'

const appliers: { readonly [K in OpKind]: Apply<K> } = {
  'add-domain': addDomain,
  'remove-domain': removeDomain,
  'update-domain': updateDomain,
  'add-user': addUser,
  'update-user': updateUser,
  'remove-user': removeUser,
  'erase-removed': eraseRemoved,
  'add-alias': addAlias,
  'remove-alias': removeAlias,
  'record-login': recordLogin,
  'add-app-password': addAppPassword,
  'remove-app-password': removeAppPassword,
  'create-mailbox': createMailbox,
  'delete-mailbox': deleteMailbox,
  'rename-mailbox': renameMailbox,
  'copy-messages': copyMessages,
  'undo-copy': undoCopy,
  'move-messages': moveMessages,
  'set-subscription': setSubscription,
  append,
  'set-flags': setFlags,
  expunge,
  'take-recent': takeRecent,
  accept,
  'drop-reports': dropReports,
  'warn-delayed': warnDelayed,
  'drop-incoming-report': dropIncomingReport,
  'record-bounces': recordBounces,
  'claim-due': claimDue,
  'record-attempt': recordAttempt,
  'release-claims': releaseClaims,
  'control-queue': controlQueue,
  'pause-destination': pauseDestination,
  'resume-destination': resumeDestination,
  'add-hold-rule': addHoldRule,
  'remove-hold-rule': removeHoldRule,
  'forget-finished': forgetFinished,
  suppress,
  unsuppress,
  'set-quota': setQuota,
  'set-usual-quota': setUsualQuota,
  'recalculate-quota': recalculateQuota,
  'give-notice': giveNotice,
  erase,
  'drop-files': dropFiles,
  'forget-deliveries': forgetDeliveries,
  'forget-expunged': forgetExpunged,
  'record-extractions': recordExtractions,
  'record-keys': recordKeys,
  'join-threads': joinThreads,
  repair,
  barrier: () => null,
}

export function apply(cx: WriteContext, op: WriteOp, effects: Effects): unknown {
  // The key and the argument come from the same op, which the compiler cannot follow through a union.
  const applier = appliers[op.kind] as (cx: WriteContext, op: WriteOp, effects: Effects) => unknown
  return applier(cx, op, effects)
}
