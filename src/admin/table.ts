/** All rows of the admin API. */
import { addDomain, listDomains, removeDomain } from './domains.js'
import { listQueue } from './queue.js'
import type { Row } from './route.js'
import { getStatus } from './status.js'
import { checkStore } from './store.js'
import { addUser, disableUser, enableUser, listUsers, removeUser, setPassword, setUser, showUser } from './users.js'

export const routes: readonly Row[] = [
  getStatus,
  listDomains,
  addDomain,
  removeDomain,
  listUsers,
  addUser,
  showUser,
  setUser,
  setPassword,
  enableUser,
  disableUser,
  removeUser,
  checkStore,
  listQueue,
]
