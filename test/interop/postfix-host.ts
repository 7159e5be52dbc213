/** A Postfix that is the final destination of domains: one with all that it can, others with no extension but STARTTLS. */
import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { domainToASCII } from 'node:url'
import type { Made } from '../certificate-maker.js'
import { greylisted, MAILBOXES, type MailHost, SIZE_LIMIT } from './mail-host.js'
import { readMaildir } from './maildir.js'
import { Postfix } from './postfix.js'
import { runProgram } from './programs.js'

const DOMAIN = 'postfix.test'
/** Behind a port of its own. */
export const PLAIN_DOMAIN = 'plain.test'
/** At the same port. */
export const GERMAN_DOMAIN = 'nüchtern.test'
const EXTENSIONS = '8bitmime,chunking,dsn,pipelining,size,smtputf8,enhancedstatuscodes'

const domains = [DOMAIN, PLAIN_DOMAIN, domainToASCII(GERMAN_DOMAIN)]
const mailboxes = domains.flatMap((domain) => MAILBOXES.map((user) => `{ ${user}@${domain} = ${user}@${domain}/ }`))

const settings = (dir: string, policy: number): readonly string[] => [
  `virtual_mailbox_domains = ${domains.join(' ')}`,
  `virtual_mailbox_maps = inline:{ ${mailboxes.join(' ')} }`,
  `virtual_mailbox_base = ${dir}/mail`,
  'virtual_minimum_uid = 1',
  'virtual_uid_maps = static:65534',
  'virtual_gid_maps = static:65534',
  `message_size_limit = ${SIZE_LIMIT}`,
  'smtpd_tls_security_level = encrypt',
  `smtpd_tls_cert_file = ${dir}/postfix.crt`,
  `smtpd_tls_key_file = ${dir}/postfix.key`,
  'smtpd_tls_received_header = yes',
  'smtputf8_enable = yes',
  `smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${policy}, permit`,
]

export class PostfixHost implements MailHost {
  readonly domain = DOMAIN
  readonly port: number
  readonly #postfix: Postfix
  readonly #policy: Server

  private constructor(postfix: Postfix, policy: Server) {
    this.port = postfix.port
    this.#postfix = postfix
    this.#policy = policy
  }

  /** @param ports of both domains. What it sends to posthorn.test goes to port `back`. */
  static async start(ports: readonly [number, number], back: number, { certificate, key }: Made): Promise<PostfixHost> {
    const policy = createServer()
    policy.listen(0, '127.0.0.1')
    await once(policy, 'listening')
    const [port, plain] = ports
    const transports = { 'posthorn.test': `smtp:[127.0.0.1]:${back}` }
    const postfix = await Postfix.start(transports, {
      doors: [{ port }, { port: plain, options: [`smtpd_discard_ehlo_keywords=${EXTENSIONS}`] }],
      settings: (dir) => settings(dir, (policy.address() as AddressInfo).port),
    })
    const { dir } = postfix
    await writeFile(join(dir, 'postfix.crt'), await readFile(certificate))
    await writeFile(join(dir, 'postfix.key'), await readFile(key), { mode: 0o600 })
    await mkdir(join(dir, 'mail'))
    await chmod(join(dir, 'mail'), 0o777)
    await runProgram('chown', ['65534', join(dir, 'mail')])
    const host = new PostfixHost(postfix, policy)
    host.#greylist()
    return host
  }

  /** Postfix asks for each recipient: lines of NAME=VALUE and an empty one (SMTPD_POLICY_README). */
  #greylist(): void {
    this.#policy.on('connection', (socket) => {
      let recipient = ''
      socket.on('error', () => {})
      createInterface({ input: socket }).on('line', (line) => {
        if (line.startsWith('recipient=')) recipient = line.slice('recipient='.length)
        if (line !== '') return
        const late = recipient === greylisted(DOMAIN) && !this.#open
        socket.write(`action=${late ? '450 4.7.1 Greylisted, come back later' : 'DUNNO'}\n\n`)
      })
    })
  }

  #open = false

  async endGreylisting(): Promise<void> {
    this.#open = true
  }

  mails(user: string, domain = DOMAIN): Promise<readonly string[]> {
    return readMaildir(join(this.#postfix.dir, 'mail', `${user}@${domain}`))
  }

  log(): Promise<string> {
    return this.#postfix.log()
  }

  async stop(): Promise<void> {
    await this.#postfix.stop()
    this.#policy.close()
  }
}
