/** An Exim that takes mail for mailboxes and, of those who log in, for the world: what the tester plays its transcripts at. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Made } from '../certificate-maker.js'
import { EXIM_ENVIRONMENT, EXIM_PROGRAM, EXIM_USER } from './exim.js'
import { freePort } from './free-port.js'
import { runProgram } from './programs.js'
import { PEER_ACCOUNTS, PEER_DOMAIN, type PeerPorts, type SmtpPeer } from './smtp-peer.js'

const localParts = [...PEER_ACCOUNTS.map(({ username }) => username.split('@')[0]), 'postmaster'].join(' : ')

/** As Debian has it but for the names and the number of errors that it bears; what it accepts stays in its queue. */
const configuration = (dir: string, { smtp, submissions }: PeerPorts): string => `
primary_hostname = exim.${PEER_DOMAIN}
qualify_domain = ${PEER_DOMAIN}
exim_path = ${EXIM_PROGRAM}
keep_environment = LD_LIBRARY_PATH
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%s
pid_file_path = ${dir}/spool/pid
host_lookup =
tls_advertise_hosts = *
tls_certificate = ${dir}/exim.crt
tls_privatekey = ${dir}/exim.key
tls_on_connect_ports = ${submissions}
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
allow_domain_literals
chunking_advertise_hosts = *
dsn_advertise_hosts = *
pipelining_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 50M
smtp_accept_max = 0
queue_only
smtp_max_synprot_errors = 200
smtp_max_unknown_commands = 200
acl_smtp_mail = sender
acl_smtp_rcpt = recipient
log_selector = +smtp_protocol_error +smtp_syntax_error
begin acl
sender:
  accept condition = \${if eq{$received_port}{${smtp}}}
  deny message = 530 5.7.0 Authentication required
    !authenticated = *
  deny message = 553 5.7.1 Sender address is not one of yours
    !senders = : $authenticated_id
  accept
recipient:
  accept authenticated = *
  require message = relay not permitted
    domains = ${PEER_DOMAIN}
  require verify = recipient
  accept
begin routers
mailbox:
  driver = accept
  domains = ${PEER_DOMAIN}
  local_parts = ${localParts}
  transport = nowhere
elsewhere:
  driver = accept
  domains = ! ${PEER_DOMAIN}
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
  allow_fifo
  user = ${EXIM_USER}
begin retry
* * F,1m,1s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{!eq{$auth3}{}}{eq{$auth3}{\${lookup{$auth2}lsearch{${dir}/users}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username: : Password:
  server_condition = \${if and{{!eq{$auth2}{}}{eq{$auth2}{\${lookup{$auth1}lsearch{${dir}/users}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${lookup{$auth1}lsearch{${dir}/users}{$value}fail}
  server_set_id = $auth1
`

export class EximPeer implements SmtpPeer {
  readonly name = 'Exim'
  readonly hostname = `exim.${PEER_DOMAIN}`
  readonly ports: PeerPorts
  readonly #dir: string
  readonly #child: ChildProcess

  private constructor(ports: PeerPorts, dir: string, child: ChildProcess) {
    this.ports = ports
    this.#dir = dir
    this.#child = child
  }

  /** @throws with what it printed, when it does not start */
  static async start({ certificate, key }: Made): Promise<EximPeer> {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-exim-'))
    // It gives up root's rights for those of its own user.
    await chmod(dir, 0o755)
    const folders = ['spool', 'log'].map((name) => join(dir, name))
    for (const folder of folders) await mkdir(folder)
    await writeFile(join(dir, 'users'), PEER_ACCOUNTS.map((one) => `${one.username}: ${one.password}\n`).join(''))
    await writeFile(join(dir, 'exim.crt'), await readFile(certificate))
    await writeFile(join(dir, 'exim.key'), await readFile(key), { mode: 0o640 })
    await runProgram('chown', [EXIM_USER, ...folders, join(dir, 'exim.key')])
    const ports = { smtp: await freePort(), submission: await freePort(), submissions: await freePort() }
    const config = join(dir, 'exim.conf')
    await writeFile(config, configuration(dir, ports))
    const doors = Object.values(ports).map((port) => `[127.0.0.1]:${port}`)
    const listen = ['-bdf', '-oX', `<; ${doors.join(' ; ')}`]
    const child = spawn(EXIM_PROGRAM, ['-C', config, ...listen], {
      env: EXIM_ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exim = new EximPeer(ports, dir, child)
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

  log(): Promise<string> {
    return readFile(join(this.#dir, 'log', 'main'), 'utf8').catch(() => '')
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.exitCode === null && this.#child.kill()) await ended
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
