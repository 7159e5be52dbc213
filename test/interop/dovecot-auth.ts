/** Dovecot's part that checks passwords, alone: a Postfix asks it. In one folder, on one loopback port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { missing } from './programs.js'

export interface Account {
  readonly username: string
  readonly password: string
}

/** Null when it can be run here, else the reason why not. */
export function whyNoDovecotAuth(): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot takes logins as root alone'
  return missing('dovecot')
}

const configuration = (dir: string, port: number): string => `
base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log
protocols =
listen = 127.0.0.1
ssl = no
auth_mechanisms = plain login cram-md5 scram-sha-256
auth_failure_delay = 0
disable_plaintext_auth = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${dir}/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=${dir}
}
# It waits longer and longer for whoever has failed often.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${port}
  }
}
`

export class DovecotAuth {
  readonly port: number
  readonly #dir: string
  readonly #master: ChildProcess

  private constructor(port: number, dir: string, master: ChildProcess) {
    this.port = port
    this.#dir = dir
    this.#master = master
  }

  /** @throws with what it logged, when it does not start */
  static async start(accounts: readonly Account[]): Promise<DovecotAuth> {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-dovecot-auth-'))
    await chmod(dir, 0o755)
    const port = await freePort()
    await writeFile(join(dir, 'users'), accounts.map((one) => `${one.username}:${one.password}\n`).join(''))
    await writeFile(join(dir, 'dovecot.conf'), configuration(dir, port))
    const master = spawn('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: 'ignore' })
    const auth = new DovecotAuth(port, dir, master)
    await auth.#up()
    return auth
  }

  async #up(): Promise<void> {
    for (let i = 0; !(await listens(this.port)); i++) {
      if (this.#master.exitCode !== null || i === 100) throw new Error(`dovecot does not start: ${await this.log()}`)
      await wait(100)
    }
  }

  log(): Promise<string> {
    return readFile(join(this.#dir, 'log'), 'utf8').catch(() => '')
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#master.once('close', resolve))
    if (this.#master.exitCode === null && this.#master.kill()) await ended
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
