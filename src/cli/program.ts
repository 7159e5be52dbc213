/** All commands, and from what they did to an exit code. */
import { Command, CommanderError } from 'commander'
import { version } from '../server/version.js'
import { aliasCommands } from './alias.js'
import { appPasswordCommands } from './app-password.js'
import { configCommands } from './config.js'
import { conformanceCommand } from './conformance.js'
import { domainCommands } from './domain.js'
import { failureOf } from './errors.js'
import { initCommand } from './init.js'
import { logCommands } from './log.js'
import { mailboxCommands } from './mailbox.js'
import { messageCommands } from './message.js'
import type { Output } from './output.js'
import { queueCommands } from './queue.js'
import { quotaCommands } from './quota.js'
import { serveCommand } from './serve.js'
import { sessionCommands } from './session.js'
import { storeCommands } from './store.js'
import { tokenCommands } from './token.js'
import { userCommands } from './user.js'

/** Runs the command that `args` name. Never rejects. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function run(args: readonly string[], out: Output): Promise<number> {
  let code = 0
  const program = build(out, (given) => {
    code = given
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    // Asking for help is no mistake; leaving the command out is.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const failure = failureOf(error, process.env['POSTHORN_DEBUG'] === '1')
    for (const line of failure.lines) out.complain(`posthorn: ${line}`)
    return failure.code
  }
}

function build(out: Output, exit: (code: number) => void): Command {
  const program = new Command('posthorn')
    .description('A mail server: SMTP in, IMAP out, one folder of data')
    .version(version, '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => out.print(text.trimEnd()),
      writeErr: (text) => out.complain(text.trimEnd()),
      outputError: (text, write) =>
        write(
          `posthorn: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}`,
        ),
    })
  serveCommand(program, out, exit)
  initCommand(program, out)
  configCommands(program, out)
  domainCommands(program, out)
  userCommands(program, out)
  appPasswordCommands(program, out)
  aliasCommands(program, out)
  mailboxCommands(program, out)
  messageCommands(program, out)
  queueCommands(program, out)
  quotaCommands(program, out)
  sessionCommands(program, out)
  storeCommands(program, out)
  tokenCommands(program, out)
  logCommands(program, out)
  conformanceCommand(program, out, exit)
  program
    .command('version')
    .description('print the release')
    .action(() => out.print(version))
  return program
}
