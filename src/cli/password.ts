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
  if (fromStdin) return readAll(stdin)
  if (!stdin.isTTY) throw new UsageError('there is no terminal to ask for the password: give it with --password-stdin')
  const first = await prompt('Password: ', stdin)
  if (first !== (await prompt('Once more: ', stdin))) throw new CommandError('the two passwords differ')
  return first
}

/** One line end is not part of the password. */
async function readAll(stdin: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk))
    size += chunk.length
    if (size > MOST) throw new CommandError('the password is too long')
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

async function prompt(question: string, input: NodeJS.ReadStream): Promise<string> {
  process.stderr.write(question)
  // readline echoes to its output; this one shows nothing.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output, terminal: true })
  try {
    return await new Promise((resolve, reject) => {
      lines.once('close', () => reject(new CommandError('no password was given')))
      lines.question('').then(resolve, reject)
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
