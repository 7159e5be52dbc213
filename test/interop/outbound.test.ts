/** We send to a real Postfix and a real Exim, with STARTTLS; and a real msmtp sends by us. */
import { domainToASCII } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { clientLimits } from '../../src/core/limits.js'
import { makeCertificate } from '../certificate-maker.js'
import { PATIENCE } from '../patience.js'
import { Exim, whyNoExim } from './exim.js'
import { freePort } from './free-port.js'
import { inboxWith } from './inbox.js'
import { greylisted, type MailHost, SIZE_LIMIT } from './mail-host.js'
import { whyNoPostfix } from './postfix.js'
import { GERMAN_DOMAIN, PLAIN_DOMAIN, PostfixHost } from './postfix-host.js'
import { missing, runProgram } from './programs.js'
import { ALICE, type Submitted, submit } from './submission.js'

const noPostfix = whyNoPostfix() ?? missing('openssl')
const noExim = (await whyNoExim()) ?? missing('openssl')
const titled = (title: string, why: string | null): string => (why === null ? title : `${title} (skipped: ${why})`)

let site: TestSite
let server: RunningProcess
let postfix: PostfixHost
let exim: Exim

const route = (domain: string, port: number): string =>
  `[[queue.route]]\ndomain = "${domain}"\nhost = "127.0.0.1:${port}"\ntls = "require"\n`

beforeAll(async () => {
  const ports = { postfix: await freePort(), plain: await freePort(), exim: await freePort() }
  const toPlain = route(PLAIN_DOMAIN, ports.plain) + route(GERMAN_DOMAIN, ports.plain)
  const routes = route('postfix.test', ports.postfix) + toPlain + route('exim.test', ports.exim)
  const schedule = Array.from({ length: 30 }, () => '"1s"').join(', ')
  site = await TestSite.create(['alice'], `[queue]\nretry_schedule = [${schedule}]\n${routes}`)
  server = await site.start()
  const { smtp } = server.ports
  if (noPostfix === null) {
    const made = await makeCertificate(site.dir, 'postfix.test')
    postfix = await PostfixHost.start([ports.postfix, ports.plain], smtp, made)
  }
  if (noExim === null) exim = await Exim.start(ports.exim, smtp, await makeCertificate(site.dir, 'exim.test'))
})
afterAll(async () => {
  await postfix?.stop()
  await exim?.stop()
  await site?.remove()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  console.error(server.log.join('\n'), await postfix?.log(), await exim?.log())
})

const send = (message: Submitted): Promise<string> => submit(server.ports, site, message)

/** What our log says of a message of the queue. */
const said = (message: string, id: string) =>
  server.log
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((entry) => entry['msg'] === message && entry['message_id'] === id)

/** The mails of a user with such a subject. */
const mailsOf = async (host: MailHost, user: string, subject: string): Promise<readonly string[]> =>
  (await host.mails(user)).filter((mail) => mail.includes(`Subject: ${subject}`))

/** The one that comes. */
async function arrival(host: MailHost, user: string, subject: string): Promise<string> {
  await expect.poll(() => mailsOf(host, user, subject), PATIENCE).toHaveLength(1)
  return (await mailsOf(host, user, subject))[0] ?? ''
}

/** A mail to Alice with all of this in it. */
async function report(...parts: readonly string[]): Promise<string> {
  const fits = ({ source }: { readonly source: string }): boolean => parts.every((part) => source.includes(part))
  const found = await inboxWith((messages) => messages.some(fits), 'alice', server.ports, site)
  return found.find(fits)?.source ?? ''
}

const bodyOf = (mail: string): string => mail.slice(mail.indexOf('\n\n') + 2)
const octetsOf = (text: string): string => Buffer.from(text).toString('latin1')

/** Enough for CHUNKING to be worth it. */
const LARGE = Array.from({ length: 1 + clientLimits.chunkedFrom / 60 }, (_, n) => `.${n} ${'x'.repeat(60)}`)

const HOSTS = [
  { name: 'Postfix', why: noPostfix, domain: 'postfix.test', host: (): MailHost => postfix },
  { name: 'Exim', why: noExim, domain: 'exim.test', host: (): MailHost => exim },
]

for (const { name, why, domain, host } of HOSTS)
  describe.skipIf(why !== null)(titled(`to ${name}`, why), () => {
    test('two recipients: one transaction, encrypted and pipelined', async () => {
      const body = ['.one', '..', '.', 'the end']
      const to = [`ann@${domain}`, `ben@${domain}`]
      const id = await send({ to, header: ['Subject: to both'], body })
      for (const user of ['ann', 'ben']) {
        const mail = await arrival(host(), user, 'to both')
        expect(bodyOf(mail)).toBe(body.map((line) => `${line}\n`).join(''))
        expect(mail.match(/^Return-path: .*$/gim)).toEqual([expect.stringMatching(`<${ALICE}>`)])
        expect(mail).toMatch(/from [^;]*mail\.posthorn\.test[^;]* with (?:UTF8)?ESMTPS /i)
      }
      const talk = await site.cli(['queue', 'transcript', id, to[0] ?? ''])
      expect(talk).toMatch(/C: STARTTLS\n/)
      expect(talk).toMatch(/C: MAIL .*\nC: RCPT .*\nC: RCPT .*\nC: DATA\n/)
      expect(talk.match(/^C: MAIL/gm)).toHaveLength(1)
    })

    test('a large message goes in chunks, octet for octet', async () => {
      const id = await send({ to: [`ben@${domain}`], header: ['Subject: in chunks'], body: LARGE })
      const mail = await arrival(host(), 'ben', 'in chunks')
      // No difference of a megabyte is shown.
      expect(bodyOf(mail) === `${LARGE.join('\n')}\n`, bodyOf(mail).slice(0, 300)).toBe(true)
      expect(await site.cli(['queue', 'transcript', id, `ben@${domain}`])).toMatch(/C: BDAT \d+ LAST\n/)
    })

    test('who is unknown there comes back in a report, and costs the other nothing', async () => {
      await send({ to: [`nobody@${domain}`, `ann@${domain}`], header: ['Subject: half known'], body: [''] })
      await arrival(host(), 'ann', 'half known')
      const source = await report(`nobody@${domain}`, 'Subject: half known')
      expect(source).toMatch(/Action: failed\r\nStatus: 5\.\d\.\d\r\n/)
      expect(source).toMatch(/Diagnostic-Code: smtp; ?550 /)
      expect(source).not.toContain(`ann@${domain}`)
    })

    test('a recipient who is put off has it later, the other at once', async () => {
      const to = [greylisted(domain), `ann@${domain}`]
      const id = await send({ to, header: ['Subject: put off'], body: ['text'] })
      await arrival(host(), 'ann', 'put off')
      await expect.poll(() => said('Delivery failure with retry', id), PATIENCE).not.toHaveLength(0)
      expect(said('Delivery failure with retry', id)[0]).toMatchObject({
        recipients: [to[0]],
        error_msg: expect.stringMatching(/^450 4\.7\.1 /),
      })
      await host().endGreylisting()
      await arrival(host(), 'later', 'put off')
      expect(await mailsOf(host(), 'ann', 'put off')).toHaveLength(1)
    })

    test('8-bit mail stays as it was', async () => {
      const header = ['Subject: eight bits', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8']
      const more = ['Content-Transfer-Encoding: 8bit']
      await send({ to: [`ann@${domain}`], header: [...header, ...more], body: ['Grüße'], mail: ' BODY=8BITMIME' })
      const mail = await arrival(host(), 'ann', 'eight bits')
      expect(bodyOf(mail)).toBe(octetsOf('Grüße\n'))
      expect(mail).toContain('Content-Transfer-Encoding: 8bit')
    })

    test('addresses and header fields in UTF-8', async () => {
      await send({ to: [`jürgen@${domain}`], header: ['Subject: in UTF-8 für Sie'], body: [''], mail: ' SMTPUTF8' })
      expect(await arrival(host(), 'jürgen', 'in UTF-8')).toContain(octetsOf('Subject: in UTF-8 für Sie'))
    })

    test('the report of success that was asked for comes from there', async () => {
      const rcpt = ` NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Ann@${domain}`
      const header = ['Subject: tell me']
      await send({ to: [`ann@${domain}`], header, body: ['text'], mail: ` RET=HDRS ENVID=of-${domain}`, rcpt })
      const source = await report('Action: delivered', `Reporting-MTA: dns; ${domain}`)
      expect(source).toMatch(new RegExp(`^Original-Envelope-Id: of-${domain}\r$`, 'mi'))
      expect(source).toMatch(new RegExp(`^Original-Recipient: rfc822; ?Ann@${domain}\r$`, 'mi'))
    })

    test('what is too large comes back', async () => {
      const body = Array.from({ length: SIZE_LIMIT / 70 }, () => 'x'.repeat(70))
      await send({ to: [`ann@${domain}`], header: ['Subject: too large'], body })
      expect(await report(`ann@${domain}`, 'Subject: too large')).toMatch(/Action: failed\r\nStatus: 5\.3\.4\r\n/)
    })
  })

describe.skipIf(noPostfix !== null)(titled('to a Postfix with STARTTLS and nothing else', noPostfix), () => {
  const ANN = `ann@${PLAIN_DOMAIN}`
  const arrivedAt = async (subject: string, domain = PLAIN_DOMAIN): Promise<string> => {
    const there = async () => (await postfix.mails('ann', domain)).filter((mail) => mail.includes(subject))
    await expect.poll(there, PATIENCE).toHaveLength(1)
    return (await there())[0] ?? ''
  }

  test('8-bit mail goes in 7 bits', async () => {
    const header = ['Subject: fewer bits', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8']
    const more = ['Content-Transfer-Encoding: 8bit']
    await send({ to: [ANN], header: [...header, ...more], body: ['.Grüße'], mail: ' BODY=8BITMIME' })
    const mail = await arrivedAt('fewer bits')
    expect(mail).toMatch(/^Content-Transfer-Encoding: quoted-printable$/im)
    expect(bodyOf(mail)).toBe('.Gr=C3=BC=C3=9Fe\n')
  })

  test('we report that the mail was handed over, as nobody else would', async () => {
    await send({ to: [ANN], header: ['Subject: handed over'], body: ['text'], rcpt: ' NOTIFY=SUCCESS' })
    await arrivedAt('handed over')
    expect(await report('Action: relayed', ANN)).toContain('Reporting-MTA: dns; mail.posthorn.test')
  })

  test('an address in UTF-8 comes back', async () => {
    const to = [`jürgen@${PLAIN_DOMAIN}`]
    await send({ to, header: ['Subject: not there'], body: ['text'], mail: ' SMTPUTF8' })
    expect(await report('Subject: not there')).toMatch(/Action: failed\r\nStatus: 5\.6\.\d\r\n/)
  })

  test('a domain in UTF-8 is written in ASCII', async () => {
    await send({ to: [`ann@${GERMAN_DOMAIN}`], header: ['Subject: to Germany'], body: ['text'], mail: ' SMTPUTF8' })
    expect(await arrivedAt('to Germany', domainToASCII(GERMAN_DOMAIN))).toContain('with UTF8SMTPSA')
  })
})

const noMsmtp = missing('msmtp') ?? noPostfix ?? noExim
test.skipIf(noMsmtp !== null)(titled('msmtp sends by us to both', noMsmtp), async () => {
  const tls = ['--tls=on', '--tls-starttls=on', '--tls-certcheck=off']
  const login = ['--auth=plain', `--user=${ALICE}`, `--passwordeval=echo ${site.password}`]
  const where = ['--host=127.0.0.1', `--port=${server.ports.submission}`, `--from=${ALICE}`]
  const text = `From: <${ALICE}>\nSubject: by msmtp\n\nthe text\n.\nits end\n`
  const to = ['ann@postfix.test', 'ann@exim.test', 'ben@exim.test']
  const { code, output } = await runProgram(
    'msmtp',
    ['--file=/dev/null', ...where, ...tls, ...login, '--', ...to],
    text,
  )
  expect(code, output).toBe(0)
  for (const [host, user] of [
    [postfix, 'ann'],
    [exim, 'ann'],
    [exim, 'ben'],
  ] as const)
    expect(bodyOf(await arrival(host, user, 'by msmtp'))).toBe('the text\n.\nits end\n')
})
