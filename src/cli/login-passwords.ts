/** Passwords of several accounts of another server: a line for each on stdin or in a file, or asked for on a terminal. */
import { readFile } from 'node:fs/promises'
import { CommandError, UsageError } from './errors.js'
import { promptPasswords, readStdin } from './password.js'

export interface PasswordSource {
  readonly passwordStdin?: true
  readonly passwordFile?: string
}

/** One for each of `users`, in their order. @throws UsageError where there are fewer, or none to ask */
export async function readPasswords(users: readonly string[], source: PasswordSource): Promise<readonly string[]> {
  const { passwordStdin, passwordFile } = source
  if (passwordStdin === true && passwordFile !== undefined)
    throw new UsageError('--password-stdin and --password-file exclude each other')
  if (passwordStdin === true) return linesFor(users, await readStdin(process.stdin, users.length), '--password-stdin')
  if (passwordFile !== undefined) return linesFor(users, await read(passwordFile), `--password-file ${passwordFile}`)
  if (!process.stdin.isTTY)
    throw new UsageError(
      'there is no terminal to ask for passwords: give them with --password-stdin or --password-file',
    )
  return promptPasswords(
    users.map((user) => `Password of ${user}: `),
    process.stdin,
  )
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandError(`--password-file ${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

/** What is behind the last one does not matter. */
function linesFor(users: readonly string[], text: string, source: string): string[] {
  const lines = text.split(/\r?\n/).slice(0, users.length)
  const missing = users.findIndex((_, i) => (lines[i] ?? '') === '')
  if (missing !== -1)
    throw new UsageError(`${source} has no password of ${users[missing]}: one line for each user, in their order`)
  return lines
}
