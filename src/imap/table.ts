/** All commands. Adding a family is one spread here and its commands in the union. */
import type { Command } from './command.js'
import { appendCommands } from './commands/append.js'
import { authCommands } from './commands/auth.js'
import { copyCommands } from './commands/copy.js'
import { expungeCommands } from './commands/expunge.js'
import { fetchCommands } from './commands/fetch.js'
import { idleCommands } from './commands/idle.js'
import { listCommands } from './commands/list.js'
import { mailboxCommands } from './commands/mailbox.js'
import { namespaceCommands } from './commands/namespace.js'
import { quotaCommands } from './commands/quota.js'
import { searchCommands } from './commands/search.js'
import { selectCommands } from './commands/select.js'
import { sessionCommands } from './commands/session.js'
import { sortCommands } from './commands/sort.js'
import { statusCommands } from './commands/status.js'
import { storeCommands } from './commands/store.js'
import { threadCommands } from './commands/thread.js'
import type { Row } from './row.js'

export const commands = {
  ...sessionCommands,
  ...authCommands,
  ...listCommands,
  ...mailboxCommands,
  ...namespaceCommands,
  ...statusCommands,
  ...quotaCommands,
  ...selectCommands,
  ...appendCommands,
  ...fetchCommands,
  ...storeCommands,
  ...searchCommands,
  ...sortCommands,
  ...threadCommands,
  ...copyCommands,
  ...expungeCommands,
  ...idleCommands,
} satisfies Record<Command['name'], Row>

const rows: ReadonlyMap<string, Row> = new Map(Object.entries(commands))

/** `name` in capitals, the UID forms as two words. */
export const findCommand = (name: string): Row | null => rows.get(name) ?? null
