/** A Dovecot of our own: its configuration and mail in one folder, each connection one `imap` process that is logged in. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Debian keeps it. */
const IMAP = '/usr/lib/dovecot/imap'
/** Dovecot works for no mail user that is root: `nobody` of Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/** Null when a Dovecot can be run here, else the reason why not. */
export const whyNoDovecot = (): string | null => (existsSync(IMAP) ? null : 'dovecot-imapd is not installed')

const configuration = (dir: string): string => `
mail_location = maildir:${dir}/mail
log_path = ${dir}/log
mail_fsync = never
ssl = no
protocols = imap
`

/** It greets with PREAUTH, in clear, as the only user there is. */
export class Dovecot {
  readonly #dir: string
  readonly #server: Server
  readonly #children = new Set<ChildProcess>()

  private constructor(dir: string) {
    this.#dir = dir
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** On a free port of the loopback address, with an empty INBOX. */
  static async start(): Promise<Dovecot> {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-dovecot-'))
    await writeFile(join(dir, 'dovecot.conf'), configuration(dir))
    if (process.getuid?.() === 0) await chown(dir, NOBODY.uid, NOBODY.gid)
    await chmod(dir, 0o755)
    const dovecot = new Dovecot(dir)
    await new Promise<void>((resolve) => dovecot.#server.listen(0, '127.0.0.1', resolve))
    return dovecot
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** For the message of a test that fails. */
  log(): Promise<string> {
    return readFile(join(this.#dir, 'log'), 'utf8').catch(() => '')
  }

  #serve(socket: Socket): void {
    const child = spawn(IMAP, ['-c', join(this.#dir, 'dovecot.conf')], {
      ...(process.getuid?.() === 0 ? NOBODY : {}),
      env: { USER: 'alice', HOME: this.#dir },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#children.add(child)
    child.once('close', () => this.#children.delete(child))
    child.stdin.on('error', () => {}) // it has gone already
    socket.on('error', () => child.kill())
    socket.pipe(child.stdin)
    child.stdout.pipe(socket)
  }

  async stop(): Promise<void> {
    const ends = [...this.#children].map((child) => {
      child.kill()
      return new Promise((ended) => child.once('close', ended))
    })
    await Promise.all(ends)
    await new Promise((closed) => this.#server.close(closed))
    await rm(this.#dir, { recursive: true, force: true })
  }
}
