/** The compiled program as a child process: run to its end, or kept running as a server. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { run } from '../src/cli/program.js'

export const PROGRAM = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url))

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: { readonly [name: string]: string }
}

/** Runs a command to its end; a minute is more than any takes. */
export function posthorn(args: readonly string[], { cwd, input = '', env = {} }: RunOptions = {}): Promise<Ran> {
  return new Promise((done) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: 60_000 }
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      done({ code, stdout, stderr })
    })
    child.stdin?.on('error', () => {}) // a command that does not read has gone already
    child.stdin?.end(input)
  })
}

/** The same without a process, for what does not read stdin: faster, and no less true. */
export async function inProcess(args: readonly string[]): Promise<Ran> {
  const said = { stdout: '', stderr: '' }
  const code = await run(args, {
    print: (text) => {
      said.stdout += `${text}\n`
    },
    complain: (text) => {
      said.stderr += `${text}\n`
    },
  })
  return { code, ...said }
}

export interface LogLine {
  readonly msg: string
  readonly [field: string]: unknown
}

/** A server in a process of its own. */
export class Served {
  readonly lines: LogLine[] = []
  readonly exit: Promise<number | null>
  readonly #child: ChildProcess
  #stdout = ''
  #heard: () => void = () => {}

  constructor(args: readonly string[], { cwd, env = {} }: RunOptions = {}) {
    this.#child = spawn(process.execPath, [PROGRAM, 'serve', ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exit = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdout?.on('data', (text: Buffer) => {
      this.#stdout += text.toString()
      this.#heard()
    })
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      this.lines.push(line.startsWith('{') ? (JSON.parse(line) as LogLine) : { msg: line })
      this.#heard()
    })
  }

  /** What it printed for people. */
  get stdout(): string {
    return this.#stdout
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** The first log line with this message, now or later. @throws when the process ends before */
  async logged(msg: string): Promise<LogLine> {
    return this.#until(() => this.lines.find((line) => line.msg === msg))
  }

  /** Resolves when stdout has `text`. */
  async printed(text: string): Promise<void> {
    await this.#until(() => (this.#stdout.includes(text) ? true : undefined))
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it, whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exit
  }

  async #until<T>(find: () => T | undefined): Promise<T> {
    let ended: number | null | undefined
    void this.exit.then((code) => {
      ended = code
      this.#heard()
    })
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (ended !== undefined) throw new Error(`ended with ${ended}: ${JSON.stringify(this.lines)}`)
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }
}
