/** Programs that others wrote, as tests need them: whether they are there, and run to their end. */
import { spawn, spawnSync } from 'node:child_process'

/** Debian keeps what is for the administrator in /usr/sbin, which not every PATH has. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }

const succeeds = (command: string): boolean => spawnSync('sh', ['-c', command], { env }).status === 0

/** What a program may be installed without, and how to see whether it is there. */
const NEEDS: { readonly [program: string]: readonly [what: string, check: string] } = {
  swaks: ['Net::SSLeay', 'perl -MNet::SSLeay -e 1'],
  python3: ['ssl', 'python3 -c "import ssl"'],
  perl: ['Mail::IMAPClient or IO::Socket::SSL', 'perl -MMail::IMAPClient -MIO::Socket::SSL -e 1'],
}

/** Null when the program is there with all that it needs, else the reason for which a test is skipped. */
export function missing(program: string): string | null {
  if (!succeeds(`command -v ${program}`)) return `${program} is not installed`
  const [what, check] = NEEDS[program] ?? []
  return check === undefined || succeeds(check) ? null : `${program} lacks ${what}`
}

export interface Ended {
  readonly code: number | null
  /** All that it printed, of both kinds. */
  readonly output: string
}

/** Runs a program to its end, with `input` on its standard input. */
export function runProgram(program: string, args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
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

/** What is sent, and what has to be printed before; null: nothing. */
export type Turn = readonly [RegExp | null, string]

/** Talks to a program in turns. Each looks only at what was printed since the turn before. */
export function converse(program: string, args: readonly string[], turns: readonly Turn[]): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env })
    const left = [...turns]
    let output = ''
    let fresh = ''
    const go = (): void => {
      for (let [next] = left; next !== undefined; [next] = left) {
        const [expected, line] = next
        if (expected !== null && !expected.test(fresh)) return
        fresh = ''
        left.shift()
        child.stdin.write(line)
      }
    }
    child.stdout.on('data', (octets: Buffer) => {
      output += octets.toString()
      fresh += octets.toString()
      go()
    })
    child.stderr.on('data', (octets: Buffer) => {
      output += octets.toString()
    })
    child.once('error', failed)
    child.once('close', (code) => done({ code, output }))
    child.stdin.on('error', () => {}) // a program that has gone is heard of by its end
    go()
  })
}
