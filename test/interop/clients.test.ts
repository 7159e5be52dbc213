/** Mail programs that others wrote send through each of our SMTP services, and the message arrives. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ports, type RunningProcess, TestSite } from '../../bench/server-process.js'
import { inboxOf } from './inbox.js'
import { converse, type Ended, missing, runProgram, type Turn } from './programs.js'

type Service = 'smtp' | 'submission' | 'submissions'

interface Sending {
  readonly service: Service
  readonly ports: Ports
  readonly password: string
  readonly from: string
  /** A file with the message, and the message itself. */
  readonly file: string
  readonly message: string
}

interface Client {
  readonly program: string
  /** What of it is tried. */
  readonly way: string
  readonly services: readonly Service[]
  readonly send: (sending: Sending) => Promise<Ended>
}

const ALICE = 'alice@posthorn.test'
const BOB = 'bob@posthorn.test'
const STRANGER = 'stranger@example.org'
const ALL = ['smtp', 'submission', 'submissions'] as const
const WITH_LOGIN = ['submission', 'submissions'] as const

const PYTHON = `
import smtplib, ssl, sys
service, port, sender, recipient, password, method = sys.argv[1:7]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if service == 'submissions':
    client = smtplib.SMTP_SSL('127.0.0.1', int(port), context=context)
else:
    client = smtplib.SMTP('127.0.0.1', int(port))
    client.starttls(context=context)
client.ehlo()
if service != 'smtp':
    client.user, client.password = sender, password
    client.auth(method, getattr(client, 'auth_' + method.lower().replace('-', '_')))
client.sendmail(sender, [recipient], sys.stdin.buffer.read())
client.quit()
`

const python =
  (method: string) =>
  async ({ service, ports, password, from, message }: Sending) =>
    runProgram('python3', ['-c', PYTHON, service, String(ports[service]), from, BOB, password, method], message)

async function curl({ service, ports, password, from, file }: Sending): Promise<Ended> {
  const scheme = service === 'submissions' ? 'smtps' : 'smtp'
  const login = service === 'smtp' ? [] : ['--user', `${from}:${password}`]
  const url = `${scheme}://127.0.0.1:${ports[service]}/client.test`
  const mail = ['--mail-from', from, '--mail-rcpt', BOB, '--upload-file', file]
  return runProgram('curl', ['--silent', '--show-error', '--ssl-reqd', '--insecure', ...login, ...mail, url])
}

const msmtp =
  (method: string) =>
  async ({ service, ports, password, from, message }: Sending) => {
    const login =
      service === 'smtp' ? ['--auth=off'] : [`--auth=${method}`, `--user=${from}`, `--passwordeval=echo ${password}`]
    const tls = ['--tls=on', '--tls-certcheck=off', `--tls-starttls=${service === 'submissions' ? 'off' : 'on'}`]
    const where = ['--host=127.0.0.1', `--port=${ports[service]}`, `--from=${from}`]
    return runProgram(
      'msmtp',
      ['--file=/dev/null', ...where, ...tls, ...login, '--', BOB],
      message.replaceAll('\r\n', '\n'),
    )
  }

const swaks =
  (method: string, ...more: readonly string[]) =>
  async ({ service, ports, password, from, file }: Sending) => {
    const login = service === 'smtp' ? [] : ['--auth', method, '--auth-user', from, '--auth-password', password]
    const tls = service === 'submissions' ? '--tls-on-connect' : '--tls'
    const where = ['--server', '127.0.0.1', '--port', String(ports[service]), tls]
    return runProgram('swaks', [...where, ...login, '--from', from, '--to', BOB, '--data', `@${file}`, ...more])
  }

async function openssl({ service, ports, password, from, message }: Sending): Promise<Ended> {
  const secret = Buffer.from(`\0${from}\0${password}`).toString('base64')
  const start = service === 'submissions' ? [] : ['-starttls', 'smtp']
  const login: readonly Turn[] = service === 'smtp' ? [] : [[/^250 /m, `AUTH PLAIN ${secret}\r\n`]]
  return converse(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${ports[service]}`, ...start, '-quiet'],
    [
      // It reads nothing of ours before it has done STARTTLS, and shows nothing of that.
      [service === 'submissions' ? /^220 /m : null, 'EHLO client.test\r\n'],
      ...login,
      [service === 'smtp' ? /^250 /m : /^235 /m, `MAIL FROM:<${from}>\r\n`],
      [/^250 /m, `rcpt to:<${BOB}>\r\n`],
      [/^250 /m, 'DATA\r\n'],
      [/^354 /m, `${message}.\r\n`],
      [/^250 /m, 'quit\r\n'],
    ],
  )
}

const CLIENTS: readonly Client[] = [
  { program: 'python3', way: 'smtplib, PLAIN', services: ALL, send: python('PLAIN') },
  { program: 'python3', way: 'smtplib, LOGIN', services: WITH_LOGIN, send: python('LOGIN') },
  { program: 'python3', way: 'smtplib, CRAM-MD5', services: WITH_LOGIN, send: python('CRAM-MD5') },
  { program: 'msmtp', way: 'PLAIN', services: ALL, send: msmtp('plain') },
  { program: 'msmtp', way: 'LOGIN', services: WITH_LOGIN, send: msmtp('login') },
  { program: 'msmtp', way: 'CRAM-MD5', services: WITH_LOGIN, send: msmtp('cram-md5') },
  { program: 'msmtp', way: 'SCRAM-SHA-256', services: WITH_LOGIN, send: msmtp('scram-sha-256') },
  { program: 'curl', way: 'the best it knows', services: ALL, send: curl },
  { program: 'swaks', way: 'PLAIN', services: ALL, send: swaks('PLAIN') },
  { program: 'swaks', way: 'LOGIN, pipelining', services: WITH_LOGIN, send: swaks('LOGIN', '--pipeline') },
  { program: 'swaks', way: 'CRAM-MD5', services: WITH_LOGIN, send: swaks('CRAM-MD5') },
  { program: 'openssl', way: 's_client', services: ALL, send: openssl },
]

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  site = await TestSite.create(['alice', 'bob'])
  server = await site.start()
})
afterAll(() => site?.remove())

const cases = CLIENTS.flatMap(({ services, ...client }) => services.map((service) => ({ ...client, service })))

describe.each(cases)('$program ($way)', ({ program, way, service, send }) => {
  const why = missing(program)
  test.skipIf(why !== null)(
    why === null ? `sends by ${service}` : `sends by ${service} (skipped: ${why})`,
    async () => {
      const subject = `${program} ${way} ${service}`
      const from = service === 'smtp' ? STRANGER : ALICE
      const message = `From: <${from}>\r\nTo: <${BOB}>\r\nSubject: ${subject}\r\n\r\nthe text\r\nits end\r\n`
      const file = join(site.dir, 'message.eml')
      await writeFile(file, message)
      const { code, output } = await send({
        service,
        ports: server.ports,
        password: site.password,
        from,
        file,
        message,
      })
      expect(code, output).toBe(0)
      const arrived = (await inboxOf('bob', server.ports, site)).filter((m) => m.subject === subject)
      expect(arrived, output).toHaveLength(1)
      expect(arrived[0]?.source).toMatch(/\r\n\r\nthe text\r\nits end\r\n(?:\r\n)?$/)
      expect(arrived[0]?.source).toMatch(service === 'smtp' ? /with ESMTPS\s/ : /with ESMTPSA\s/)
    },
  )
})
