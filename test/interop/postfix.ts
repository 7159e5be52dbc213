/** A Postfix of our own: its configuration, queue and log in one folder, on one loopback port; the system's is not touched. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { missing, runProgram } from './programs.js'

/** Null when a Postfix can be run here, else the reason why not. */
export function whyNoPostfix(): string | null {
  if (process.getuid?.() !== 0) return 'Postfix starts as root alone'
  return missing('postfix')
}

const setting = (name: string): string =>
  spawnSync('/usr/sbin/postconf', ['-d', '-h', name], { encoding: 'utf8' }).stdout.trim()

const mainCf = (dir: string, transports: Transports, more: readonly string[]): string => `
compatibility_level = 3.6
queue_directory = ${dir}/spool
data_directory = ${dir}/data
command_directory = ${setting('command_directory')}
daemon_directory = ${setting('daemon_directory')}
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${dir}/maillog
maillog_file_prefixes = ${dir}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
relay_domains = posthorn.test
transport_maps = inline:{ ${Object.entries(transports)
  .map(([address, transport]) => `{ ${address} = ${transport} }`)
  .join(' ')} }
smtp_tls_security_level = may
smtp_host_lookup = native
smtp_dns_support_level = disabled
disable_dns_lookups = yes
minimal_backoff_time = 1s
queue_run_delay = 1s
${more.join('\n')}
`

const SERVICES = [
  'cleanup 0',
  'bounce 0',
  'defer:bounce 0',
  'trace:bounce 0',
  'error',
  'retry:error',
  'lmtp',
  'smtp',
  'proxymap',
  'scache 1',
  'anvil 1',
  'verify 1',
  'discard',
]

const masterCf = (ports: readonly Door[]): string =>
  [
    ...ports.map(({ port, options = [] }) => {
      const own = options.map((option) => ` -o ${option}`).join('')
      return `127.0.0.1:${port} inet n - n - - smtpd${own}`
    }),
    'virtual unix - n n - - virtual',
    'pickup unix n - n 60 1 pickup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'flush unix n - n 1000? 0 flush',
    'showq unix n - n - - showq',
    'postlog unix-dgram n - n - 1 postlogd',
    ...SERVICES.map((service) => {
      const [names = '', most = '-'] = service.split(' ')
      const [name, command = name] = names.split(':')
      return `${name} unix ${name === 'cleanup' ? 'n' : '-'} - n - ${most} ${command}`
    }),
    '',
  ].join('\n')

/** Where mail for an address, or else a domain, goes: a Postfix transport. */
export type Transports = { readonly [addressOrDomain: string]: string }

/** A port that it listens at, with what is said of it alone: NAME=VALUE, without blanks. */
export interface Door {
  readonly port: number
  readonly options?: readonly string[]
}

export interface PostfixOptions {
  /** Left out: one that is free. */
  readonly doors?: readonly [Door, ...Door[]]
  /** Lines of main.cf, for its folder. */
  readonly settings?: (dir: string) => readonly string[]
}

export class Postfix {
  /** Takes mail from anybody on this machine. The first of several. */
  readonly port: number
  readonly dir: string

  private constructor(port: number, dir: string) {
    this.port = port
    this.dir = dir
  }

  /** @throws with what it printed, when it does not start */
  static async start(transports: Transports, options: PostfixOptions = {}): Promise<Postfix> {
    const { doors = [{ port: await freePort() }], settings = () => [] } = options
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-postfix-'))
    // Its programs run as several users.
    await chmod(dir, 0o755)
    for (const name of ['spool', 'data']) await mkdir(join(dir, name))
    spawnSync('chown', ['postfix', join(dir, 'data')])
    const postfix = new Postfix(doors[0].port, dir)
    await writeFile(join(dir, 'main.cf'), mainCf(dir, transports, settings(dir)))
    await writeFile(join(dir, 'master.cf'), masterCf(doors))
    const { code, output } = await runProgram('/usr/sbin/postfix', ['-c', dir, 'start'])
    if (code !== 0) throw new Error(`postfix start: exit code ${code}: ${output}${await postfix.log()}`)
    return postfix
  }

  /** For the message of a test that fails. */
  log(): Promise<string> {
    return readFile(join(this.dir, 'maillog'), 'utf8').catch(() => '')
  }

  async stop(): Promise<void> {
    await runProgram('/usr/sbin/postfix', ['-c', this.dir, 'stop'])
    await rm(this.dir, { recursive: true, force: true })
  }
}
