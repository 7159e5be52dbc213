/** Programs that others wrote, as tests need them: whether they are there, and run to their end. */
import { spawn, spawnSync } from 'node:child_process'

/** Debian keeps what is for the administrator in /usr/sbin, which not every PATH has. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }

/** Null when the program is there, else the reason for which a test is skipped. */
export const missing = (program: string): string | null =>
  spawnSync('sh', ['-c', `command -v ${program}`], { env }).status === 0 ? null : `${program} is not installed`

export interface Ended {
  readonly code: number | null
  /** All that it printed, of both kinds. */
  readonly output: string
}

/** Runs a program to its end, with `input` on its standard input. */
export function runProgram(program: string, args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env })
    const said: Buffer[] = []
    child.stdout.on('data', (octets: Buffer) => said.push(octets))
    child.stderr.on('data', (octets: Buffer) => said.push(octets))
    child.once('error', failed)
    child.once('close', (code) => done({ code, output: Buffer.concat(said).toString() }))
    child.stdin.on('error', () => {}) // a program that does not read has gone already
    child.stdin.end(input)
  })
}

/** Talks to a program in turns: waits for each `expect` in what it prints, then sends the line behind it. */
export function converse(
  program: string,
  args: readonly string[],
  turns: readonly (readonly [RegExp, string])[],
): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env })
    let output = ''
    let heard = 0
    let turn = 0
    const hear = (octets: Buffer): void => {
      output += octets.toString()
      for (let next = turns[turn]; next !== undefined; next = turns[turn]) {
        const at = output.slice(heard).search(next[0])
        if (at === -1) return
        heard = output.length
        turn++
        child.stdin.write(next[1])
      }
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', (octets: Buffer) => {
      output += octets.toString()
      heard = output.length
    })
    child.once('error', failed)
    child.once('close', (code) => done({ code, output }))
    child.stdin.on('error', () => {})
  })
}
