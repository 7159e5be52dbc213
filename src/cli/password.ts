/** Passwords come from a terminal without echo, or from stdin; never from the command line, where others could see them. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { authLimits } from '../core/limits.js'
import { CommandError, UsageError } from './errors.js'

/** More than any password may have, with its line end in two octets. */
const MOST = authLimits.passwordOctets * 4 + 2

/** @throws UsageError when there is neither a terminal nor --password-stdin */
export async function askPassword(fromStdin: boolean, stdin: ReadStream | NodeJS.ReadStream): Promise<string> {
  if (fromStdin) return (await readStdin(stdin, 1)).replace(/\r?\n$/, '')
  if (!stdin.isTTY) throw new UsageError('there is no terminal to ask for the password: give it with --password-stdin')
  return promptTwice(stdin)
}

/** All that comes, as far as it may be `count` passwords. @throws CommandError when it is more */
export async function readStdin(stdin: AsyncIterable<Buffer | string>, count: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk))
    size += chunk.length
    if (size > MOST * count)
      throw new CommandError(count === 1 ? 'the password is too long' : 'the passwords are too long')
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws CommandError when the two differ, or none is given */
async function promptTwice(input: NodeJS.ReadStream): Promise<string> {
  const [first = '', second] = await promptPasswords(['Password: ', 'Once more: '], input)
  if (first !== second) throw new CommandError('the two passwords differ')
  return first
}

/** Asks each question on stderr and takes a line, without echo. @throws CommandError when none is given */
export async function promptPasswords(
  questions: readonly string[],
  input: NodeJS.ReadStream,
): Promise<readonly string[]> {
  // readline turns the terminal's echo off when it is made, and echoes to its output, which shows nothing.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output, terminal: true })
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new CommandError('no password was given')))
  })
  // Between two questions, and after the last, nobody waits for it.
  closed.catch(() => {})
  const answers: string[] = []
  try {
    for (const question of questions) {
      process.stderr.write(question)
      answers.push(await Promise.race([lines.question(''), closed]).finally(() => process.stderr.write('\n')))
    }
    return answers
  } finally {
    lines.close()
  }
}
