/** A whole Dovecot of our own: logins, TLS, quotas; its configuration, mail and sockets in one folder, on loopback ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock } from '../../src/core/clock.js'
import { type Made, makeCertificate } from '../certificate-maker.js'
import { freePort } from './free-port.js'
import { missing } from './programs.js'

/** Dovecot works for no mail user that is root: `nobody` of Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 }

export const DOVECOT_DOMAIN = 'dovecot.test'
/** Names that mean what they say once they are created. */
const SPECIAL = ['Drafts', 'Sent', 'Trash', 'Junk', 'Archive']
const USERS = ['one', 'two', 'three', 'four']

/** Null when a whole Dovecot can be run here, else the reason why not. */
export function whyNoDovecotHost(): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot takes logins as root alone'
  return missing('dovecot')
}

interface Doors {
  readonly imap: number
  readonly imaps: number
}

const configuration = (dir: string, { imap, imaps }: Doors, { certificate, key }: Made): string => `
base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log
protocols = imap
listen = 127.0.0.1
mail_location = maildir:${dir}/mail/%n
mail_fsync = never
mail_uid = ${NOBODY.uid}
mail_gid = ${NOBODY.gid}
first_valid_uid = ${NOBODY.uid}
last_valid_uid = ${NOBODY.uid}
first_valid_gid = 1
ssl = yes
ssl_cert = <${certificate}
ssl_key = <${key}
auth_mechanisms = plain login cram-md5 scram-sha-256
auth_failure_delay = 0
disable_plaintext_auth = yes
mail_max_userip_connections = 100
mailbox_list_index = yes
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${dir}/users
}
userdb {
  driver = static
  args = uid=${NOBODY.uid} gid=${NOBODY.gid} home=${dir}/mail/%n
}
namespace inbox {
  inbox = yes
  separator = /
${SPECIAL.map((name) => `  mailbox ${name} {\n    special_use = \\${name}\n  }`).join('\n')}
}
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
  imap_metadata = no
  imap_literal_minus = no
}
plugin {
  quota = count:User quota
  quota_rule = *:storage=100M:messages=10000
  quota_vsizes = yes
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service imap {
  process_min_avail = 2
  service_count = 100
}
service auth {
  client_limit = 2000
}
# It waits longer and longer for whoever has failed often.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

/** @throws Error when nobody does within ten seconds */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect({ host: '127.0.0.1', port })
    const answered = await once(socket, 'connect').catch(() => null)
    socket.destroy()
    if (answered !== null) return
    await sleep(systemClock, 100)
  }
  throw new Error(`Dovecot does not listen on port ${port}`)
}

export class DovecotHost {
  readonly #dir: string
  readonly #master: ChildProcess
  readonly ports: Doors

  private constructor(dir: string, master: ChildProcess, ports: Doors) {
    this.#dir = dir
    this.#master = master
    this.ports = ports
  }

  /** Started and listening, with empty accounts. */
  static async start(): Promise<DovecotHost> {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-dovecot-'))
    await chmod(dir, 0o755)
    await mkdir(join(dir, 'mail'))
    await chown(join(dir, 'mail'), NOBODY.uid, NOBODY.gid)
    const ports = { imap: await freePort(), imaps: await freePort() }
    const made = await makeCertificate(dir, `mail.${DOVECOT_DOMAIN}`)
    await writeFile(join(dir, 'users'), DovecotHost.accounts.map((one) => `${one.username}:${one.password}\n`).join(''))
    await writeFile(join(dir, 'dovecot.conf'), configuration(dir, ports, made))
    const master = spawn('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: 'ignore' })
    for (const port of Object.values(ports)) await listening(port)
    return new DovecotHost(dir, master, ports)
  }

  /** As a tester is given them. */
  static get accounts(): readonly { readonly username: string; readonly password: string }[] {
    return USERS.map((user) => ({ username: `${user}@${DOVECOT_DOMAIN}`, password: `secret of ${user}` }))
  }

  /** For the message of a test that fails. */
  log(): Promise<string> {
    return readFile(join(this.#dir, 'log'), 'utf8').catch(() => '')
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#master.once('close', resolve))
    if (this.#master.exitCode === null && this.#master.kill()) await ended
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
