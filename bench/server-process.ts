/** A real server for tests and the bench: the compiled program in a process of its own, on free ports, in a folder of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** This file runs as it stands in tests and compiled in the bench; the program is always the compiled one. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/src/cli/main.js' : '../src/cli/main.js', import.meta.url),
)

export interface Ports {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
  /** 0 where the site has no LMTP listener with a port. */
  readonly lmtp: number
  readonly imap: number
  readonly imaps: number
}

/** What the program printed and how it ended. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program to its end. */
export function run(args: readonly string[], input = '', cwd?: string): Promise<Ran> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      done({ code, stdout, stderr })
    })
    child.stdin?.end(input)
  })
}

const CONFIG = (more: string, listener: string): string => `
hostname = "mail.posthorn.test"
data_dir = "data"
${more.includes('queue') ? '' : '[queue]\ndeliver = "none"'}
${['smtp', 'submission', 'submissions', 'imap', 'imaps']
  .map((service) => `[[listener]]\nservice = "${service}"\naddress = "127.0.0.1"\nport = 0\n${listener}\n`)
  .join('')}
${more}
`

/** A folder with a configuration and accounts; servers can be started, killed and started again on it. */
export class TestSite {
  readonly dir: string
  readonly config: string
  readonly password = 'correct horse'
  #running: RunningProcess | null = null

  private constructor(dir: string) {
    this.dir = dir
    this.config = join(dir, 'posthorn.toml')
  }

  /** With the domain posthorn.test and `users` in it, all with the same password. `more` is TOML behind the listeners, `listener` in each. */
  static async create(users: readonly string[], more = '', listener = ''): Promise<TestSite> {
    const site = new TestSite(await mkdtemp(join(tmpdir(), 'posthorn-e2e-')))
    await writeFile(site.config, CONFIG(more, listener))
    await site.cli(['domain', 'add', 'posthorn.test'])
    for (const user of users)
      await site.cli(['user', 'add', `${user}@posthorn.test`, '--password-stdin'], `${site.password}\n`)
    return site
  }

  /** Runs a command of the program on this site. @throws with what it printed, when it failed */
  async cli(args: readonly string[], input = ''): Promise<string> {
    const ran = await run([...args, '--config', this.config], input)
    if (ran.code !== 0) throw new Error(`posthorn ${args.join(' ')}: exit code ${ran.code}: ${ran.stderr}${ran.stdout}`)
    return ran.stdout
  }

  /** `env` is added to the environment of the process. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    this.#running = await RunningProcess.start(this.config, env)
    return this.#running
  }

  /** Ends what runs and removes the folder. */
  async remove(): Promise<void> {
    await this.#running?.kill()
    await rm(this.dir, { recursive: true, force: true })
  }
}

export class RunningProcess {
  readonly ports: Ports
  readonly log: readonly string[]
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>

  private constructor(child: ChildProcess, exit: Promise<number | null>, ports: Ports, log: readonly string[]) {
    this.#child = child
    this.#exit = exit
    this.ports = ports
    this.log = log
  }

  /** The largest resident set so far, in octets (Linux). */
  peakMemory(): number {
    return this.#statusOctets('VmHWM')
  }

  /** The resident set now, in octets (Linux). */
  memory(): number {
    return this.#statusOctets('VmRSS')
  }

  /** What of it is the program's own, and not a file that is mapped into memory: the database is (Linux). */
  ownMemory(): number {
    return this.#statusOctets('RssAnon')
  }

  /** Processor time so far in milliseconds: of all threads (in ticks of 10), and of the one with the protocols (Linux). */
  processorTime(): { readonly all: number; readonly main: number } {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [main] = readFileSync(`/proc/${this.#child.pid}/schedstat`, 'latin1').split(' ')
    return { all: (Number(fields[11]) + Number(fields[12])) * 10, main: Number(main) / 1e6 }
  }

  #statusOctets(field: string): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
  }

  /** Resolves when both protocols listen. @throws with its output, when the program ends before */
  static async start(config: string, env: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    })
    const exit = new Promise<number | null>((ended) => child.once('exit', ended))
    const log: string[] = []
    const found = new Map<string, number[]>()
    const up = new Promise<void>((ready) => {
      createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
        log.push(line)
        const [, protocol] = /"(SMTP|IMAP) server started/.exec(line) ?? []
        if (protocol !== undefined) found.set(protocol, (JSON.parse(line) as { ports: number[] }).ports)
        if (found.size === 2) ready()
      })
    })
    await Promise.race([
      up,
      exit.then((code) => Promise.reject(new Error(`server ended with ${code}: ${log.join('\n')}`))),
    ])
    const [smtp = 0, submission = 0, submissions = 0, lmtp = 0] = found.get('SMTP') ?? []
    const [imap = 0, imaps = 0] = found.get('IMAP') ?? []
    return new RunningProcess(child, exit, { smtp, submission, submissions, lmtp, imap, imaps }, log)
  }

  /** Resolves when the process has ended of its own accord, or by a signal. */
  async ended(): Promise<void> {
    await this.#exit
  }

  /** SIGKILL: no warning, nothing flushed. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  /** SIGTERM. @returns the exit code */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.#exit
  }
}
