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
  return promptTwice(stdin)
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

/** @throws CommandError when the two differ, or none is given */
async function promptTwice(input: NodeJS.ReadStream): Promise<string> {
  // readline turns the terminal's echo off when it is made, and echoes to its output, which shows nothing.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output, terminal: true })
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new CommandError('no password was given')))
  })
  // Between two questions, and after the last, nobody waits for it.
  closed.catch(() => {})
  const ask = async (question: string): Promise<string> => {
    process.stderr.write(question)
    try {
      return await Promise.race([lines.question(''), closed])
    } finally {
      process.stderr.write('\n')
    }
  }
  try {
    const first = await ask('Password: ')
    if (first !== (await ask('Once more: '))) throw new CommandError('the two passwords differ')
    return first
  } finally {
    lines.close()
  }
}
