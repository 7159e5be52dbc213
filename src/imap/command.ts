/** Every command as its parser returns it. `table.ts` does not compile while one of them lacks a row. */
import type { Append } from './commands/append.js'
import type { Authenticate, Login, StartTls } from './commands/auth.js'
import type { Copy, Move } from './commands/copy.js'
import type { Expunge, UidExpunge } from './commands/expunge.js'
import type { Fetch } from './commands/fetch.js'
import type { Idle } from './commands/idle.js'
import type { List } from './commands/list.js'
import type { Create, Delete, Rename, Subscribe, Unsubscribe } from './commands/mailbox.js'
import type { Namespace } from './commands/namespace.js'
import type { GetQuota, GetQuotaRoot, SetQuota } from './commands/quota.js'
import type { Search } from './commands/search.js'
import type { Check, Close, Select, Unselect } from './commands/select.js'
import type { Capability, Enable, Id, Logout, Noop } from './commands/session.js'
import type { Sort } from './commands/sort.js'
import type { Status } from './commands/status.js'
import type { Store } from './commands/store.js'
import type { Thread } from './commands/thread.js'

export type Command =
  | Append
  | Authenticate
  | Capability
  | Check
  | Close
  | Copy
  | Create
  | Delete
  | Enable
  | Expunge
  | Fetch
  | GetQuota
  | GetQuotaRoot
  | Id
  | Idle
  | List
  | Login
  | Logout
  | Move
  | Namespace
  | Noop
  | Rename
  | Search
  | Select
  | SetQuota
  | Sort
  | StartTls
  | Status
  | Store
  | Subscribe
  | Thread
  | UidExpunge
  | Unselect
  | Unsubscribe
