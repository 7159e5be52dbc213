/** All rows of the admin API. */
import { addAlias, listAliases, removeAlias, removeAliasTarget } from './aliases.js'
import { addAppPassword, listAppPasswords, revokeAppPassword } from './app-passwords.js'
import { addDomain, listDomains, removeDomain, setDomain, showDomain } from './domains.js'
import { setLogLevel, showLogLevel } from './log-level.js'
import { listMailboxes } from './mailboxes.js'
import { getAttachment, listAttachments } from './messages.js'
import { listQueue, queueStats, showQueued } from './queue.js'
import { controlQueue } from './queue-control.js'
import { listDestinations, pauseDestination, resumeDestination } from './queue-destinations.js'
import { listFinished, showTranscript } from './queue-history.js'
import { addHoldRule, listHoldRules, removeHoldRule } from './queue-hold-rules.js'
import { listSuppressed, suppress, unsuppress } from './queue-suppressions.js'
import { listQuotas, recalculateQuota, recalculateQuotas, setQuota, showQuota } from './quotas.js'
import type { Row } from './route.js'
import { endSession, endUserSessions, listSessions } from './sessions.js'
import { getStatus } from './status.js'
import { backupStore, checkStore, collectGarbage, repairStore } from './store.js'
import { addToken, listTokens, revokeToken } from './tokens.js'
import { addUser, disableUser, enableUser, listUsers, removeUser, setPassword, setUser, showUser } from './users.js'

export const routes: readonly Row[] = [
  getStatus,
  listDomains,
  addDomain,
  showDomain,
  setDomain,
  removeDomain,
  listUsers,
  addUser,
  showUser,
  setUser,
  setPassword,
  enableUser,
  disableUser,
  removeUser,
  listAppPasswords,
  addAppPassword,
  revokeAppPassword,
  listMailboxes,
  showQuota,
  setQuota,
  recalculateQuota,
  listQuotas,
  recalculateQuotas,
  endUserSessions,
  listAliases,
  addAlias,
  removeAlias,
  removeAliasTarget,
  listSessions,
  endSession,
  listAttachments,
  getAttachment,
  checkStore,
  repairStore,
  backupStore,
  collectGarbage,
  listQueue,
  showQueued,
  showTranscript,
  queueStats,
  controlQueue,
  listDestinations,
  pauseDestination,
  resumeDestination,
  listFinished,
  listHoldRules,
  addHoldRule,
  removeHoldRule,
  listSuppressed,
  suppress,
  unsuppress,
  listTokens,
  addToken,
  revokeToken,
  showLogLevel,
  setLogLevel,
]
