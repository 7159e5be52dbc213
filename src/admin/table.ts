/** All rows of the admin API. */
import { addAlias, listAliases, removeAlias, removeAliasTarget } from './aliases.js'
import { addAppPassword, listAppPasswords, revokeAppPassword } from './app-passwords.js'
import { addDomain, listDomains, removeDomain, setDomain, showDomain } from './domains.js'
import { setLogLevel, showLogLevel } from './log-level.js'
import { listMailboxes } from './mailboxes.js'
import { getAttachment, listAttachments } from './messages.js'
import { listQueue } from './queue.js'
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
  listTokens,
  addToken,
  revokeToken,
  showLogLevel,
  setLogLevel,
]
