/** A Postfix that takes mail for mailboxes and, of those who log in, for the world: what the tester plays its transcripts at. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Made } from '../certificate-maker.js'
import { DovecotAuth, whyNoDovecotAuth } from './dovecot-auth.js'
import { freePort } from './free-port.js'
import { Postfix, whyNoPostfix } from './postfix.js'
import { runProgram } from './programs.js'
import { PEER_ACCOUNTS, PEER_DOMAIN, type PeerPorts, type SmtpPeer } from './smtp-peer.js'

/** Null when it can be run here, else the reason why not. */
export const whyNoPostfixPeer = (): string | null => whyNoPostfix() ?? whyNoDovecotAuth()

const mailboxes = [...PEER_ACCOUNTS.map(({ username }) => username), `postmaster@${PEER_DOMAIN}`]

/** As Debian has it but for the names, and for what slows tests down: no waits behind errors, and many of them. */
const settings = (dir: string, auth: number): readonly string[] => [
  'mynetworks =',
  'myorigin = $mydomain',
  'relay_domains =',
  `mydomain = ${PEER_DOMAIN}`,
  `myhostname = postfix.${PEER_DOMAIN}`,
  `virtual_mailbox_domains = ${PEER_DOMAIN}`,
  `virtual_mailbox_maps = inline:{ ${mailboxes.map((one) => `{ ${one} = ${one}/ }`).join(' ')} }`,
  `virtual_mailbox_base = ${dir}/mail`,
  'virtual_minimum_uid = 1',
  'virtual_uid_maps = static:65534',
  'virtual_gid_maps = static:65534',
  'default_transport = discard:',
  'smtpd_tls_security_level = may',
  `smtpd_tls_cert_file = ${dir}/postfix.crt`,
  `smtpd_tls_key_file = ${dir}/postfix.key`,
  'smtpd_tls_auth_only = yes',
  'smtpd_sasl_type = dovecot',
  `smtpd_sasl_path = inet:127.0.0.1:${auth}`,
  'smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination',
  `smtpd_sender_login_maps = inline:{ ${PEER_ACCOUNTS.map(({ username }) => `{ ${username} = ${username} }`).join(' ')} }`,
  'smtpd_error_sleep_time = 0',
  'smtpd_soft_error_limit = 200',
  'smtpd_hard_error_limit = 200',
  'smtpd_junk_command_limit = 200',
  'smtpd_client_connection_count_limit = 0',
]

const SUBMISSION = [
  'smtpd_sasl_auth_enable=yes',
  'smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch',
  'smtpd_client_restrictions=permit_sasl_authenticated,reject',
  'smtpd_delay_reject=yes',
]

export class PostfixPeer implements SmtpPeer {
  readonly name = 'Postfix'
  readonly hostname = `postfix.${PEER_DOMAIN}`
  readonly ports: PeerPorts
  readonly #postfix: Postfix
  readonly #auth: DovecotAuth

  private constructor(ports: PeerPorts, postfix: Postfix, auth: DovecotAuth) {
    this.ports = ports
    this.#postfix = postfix
    this.#auth = auth
  }

  static async start({ certificate, key }: Made): Promise<PostfixPeer> {
    const auth = await DovecotAuth.start(PEER_ACCOUNTS)
    const ports = { smtp: await freePort(), submission: await freePort(), submissions: await freePort() }
    const postfix = await Postfix.start(
      { 'elsewhere.example': 'discard:' },
      {
        doors: [
          { port: ports.smtp, options: ['smtpd_sasl_auth_enable=yes'] },
          { port: ports.submission, options: ['smtpd_tls_security_level=encrypt', ...SUBMISSION] },
          { port: ports.submissions, options: ['smtpd_tls_wrappermode=yes', ...SUBMISSION] },
        ],
        settings: (dir) => settings(dir, auth.port),
      },
    )
    const { dir } = postfix
    await writeFile(join(dir, 'postfix.crt'), await readFile(certificate))
    await writeFile(join(dir, 'postfix.key'), await readFile(key), { mode: 0o600 })
    await mkdir(join(dir, 'mail'))
    await chmod(join(dir, 'mail'), 0o777)
    await runProgram('chown', ['65534', join(dir, 'mail')])
    return new PostfixPeer(ports, postfix, auth)
  }

  async log(): Promise<string> {
    return `${await this.#postfix.log()}${await this.#auth.log()}`
  }

  async stop(): Promise<void> {
    await this.#postfix.stop()
    await this.#auth.stop()
  }
}
