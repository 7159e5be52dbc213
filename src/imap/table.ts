/** All commands. Adding a family is one spread here and its commands in the union. */
import type { Command } from './command.js'
import { fetchCommands } from './commands/fetch.js'
import type { Row } from './row.js'

export const commands = {
  ...fetchCommands,
} satisfies Record<Command['name'], Row>
