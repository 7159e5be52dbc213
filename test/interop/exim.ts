/** An Exim of our own: a final destination on one loopback port, with all that it has in one folder; nothing of it is installed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Made } from '../certificate-maker.js'
import { greylisted, MAILBOXES, type MailHost, SIZE_LIMIT } from './mail-host.js'
import { readMaildir } from './maildir.js'
import { runProgram } from './programs.js'

/** Debian's packages of Exim and Postfix exclude each other: .ci/software unpacks it here. */
const FOLDER = '/usr/local/lib/posthorn-tests/exim4'
export const EXIM_PROGRAM = `${FOLDER}/usr/sbin/exim4`
export const EXIM_USER = 'Debian-exim'
export const EXIM_ENVIRONMENT = { ...process.env, LD_LIBRARY_PATH: `${FOLDER}/lib` }

/** Null when an Exim can be run here, else the reason why not. */
export async function whyNoExim(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'Exim starts as root alone'
  if (!existsSync(EXIM_PROGRAM)) return `Exim is not unpacked in ${FOLDER}`
  const { code, output } = await runProgram('env', [
    `LD_LIBRARY_PATH=${FOLDER}/lib`,
    EXIM_PROGRAM,
    '-C',
    '/dev/null',
    '-bV',
  ])
  return code === 0 ? null : `Exim does not run: ${output}`
}

const configuration = (dir: string, back: number): string => `
primary_hostname = exim.test
exim_path = ${EXIM_PROGRAM}
keep_environment = LD_LIBRARY_PATH
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%s
pid_file_path = ${dir}/spool/pid
deliver_drop_privilege
host_lookup =
tls_advertise_hosts = *
tls_certificate = ${dir}/exim.crt
tls_privatekey = ${dir}/exim.key
chunking_advertise_hosts = *
dsn_advertise_hosts = *
pipelining_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = ${SIZE_LIMIT}
acl_smtp_rcpt = recipient
log_selector = +pipelining +8bitmime +tls_cipher
begin acl
recipient:
  require encrypted = *
  defer message = 450 4.7.1 Greylisted, come back later
    recipients = ${greylisted('exim.test')}
    condition = \${if exists{${dir}/open}{no}{yes}}
  require verify = recipient
  accept
begin routers
mailbox:
  driver = accept
  domains = exim.test
  local_parts = ${MAILBOXES.join(' : ')}
  transport = maildir
back:
  driver = manualroute
  domains = posthorn.test
  route_list = * 127.0.0.1::${back} byname
  self = send
  transport = smtp
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = ${dir}/mail/$local_part_data
  create_directory
  return_path_add
  user = ${EXIM_USER}
smtp:
  driver = smtp
  allow_localhost
begin retry
* * F,1m,1s
`

export class Exim implements MailHost {
  readonly domain = 'exim.test'
  readonly port: number
  readonly #dir: string
  readonly #child: ChildProcess

  private constructor(port: number, dir: string, child: ChildProcess) {
    this.port = port
    this.#dir = dir
    this.#child = child
  }

  /** With mailboxes; what it sends to posthorn.test goes to port `back`. @throws with what it printed, when it does not start */
  static async start(port: number, back: number, { certificate, key }: Made): Promise<Exim> {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-exim-'))
    // It gives up root's rights for those of its own user.
    await chmod(dir, 0o755)
    const folders = ['spool', 'mail', 'log'].map((name) => join(dir, name))
    for (const folder of folders) await mkdir(folder)
    await writeFile(join(dir, 'exim.crt'), await readFile(certificate))
    await writeFile(join(dir, 'exim.key'), await readFile(key), { mode: 0o640 })
    await runProgram('chown', [EXIM_USER, ...folders, join(dir, 'exim.key')])
    const config = join(dir, 'exim.conf')
    await writeFile(config, configuration(dir, back))
    const listen = ['-bdf', '-q1s', '-oX', `<; [127.0.0.1]:${port}`]
    const child = spawn(EXIM_PROGRAM, ['-C', config, ...listen], {
      env: EXIM_ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exim = new Exim(port, dir, child)
    await exim.#up()
    return exim
  }

  async #up(): Promise<void> {
    let said = ''
    this.#child.stderr?.on('data', (octets: Buffer) => {
      said += octets.toString()
    })
    while (!(await this.log()).includes('daemon started')) {
      if (this.#child.exitCode !== null) throw new Error(`exim ended with ${this.#child.exitCode}: ${said}`)
      await wait(50)
    }
  }

  mails(user: string): Promise<readonly string[]> {
    return readMaildir(join(this.#dir, 'mail', user))
  }

  async endGreylisting(): Promise<void> {
    await writeFile(join(this.#dir, 'open'), '')
  }

  log(): Promise<string> {
    return readFile(join(this.#dir, 'log', 'main'), 'utf8').catch(() => '')
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.exitCode === null && this.#child.kill()) await ended
    await rm(this.#dir, { recursive: true, force: true })
  }
}
