import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, connect as tlsConnect } from 'node:tls'
import selfsigned from 'selfsigned'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plain, SmtpSite } from '../../test/smtp-site.js'
import { systemClock } from '../core/clock.js'
import { Connection, type TlsOptions } from '../wire/connection.js'
import type { SmtpService } from './context.js'

let site: SmtpSite
let server: Server
let sessions: Promise<void>[]

beforeEach(async () => {
  const pair = await selfsigned.generate([{ name: 'commonName', value: 'mx.posthorn.test' }], { keyType: 'ec' })
  const options: TlsOptions = { secureContext: createSecureContext({ cert: pair.cert, key: pair.private }) }
  site = new SmtpSite()
  site.tls = () => options
  sessions = []
})

afterEach(async () => {
  server.close()
  await Promise.all(sessions)
})

/** A session on a real socket, and a function that writes to it and waits for an answer. */
async function open(service: SmtpService): Promise<Socket> {
  server = createServer((socket) => {
    const remote = { address: '127.0.0.1', port: socket.remotePort ?? 0 }
    const connection = new Connection(socket, {
      clock: systemClock,
      local: { address: '127.0.0.1', port: 587 },
      remote,
    })
    sessions.push(site.serve(connection, service))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  expect(await answer(socket)).toMatch(/^220 /)
  return socket
}

/** Everything up to the last line of one reply. */
async function answer(socket: Socket): Promise<string> {
  let text = ''
  while (!/^\d{3} .*\r\n$/m.test(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString()
  }
  return text
}

async function ask(socket: Socket, line: string): Promise<string> {
  socket.write(`${line}\r\n`)
  return answer(socket)
}

async function upgrade(socket: Socket): Promise<Socket> {
  expect(await ask(socket, 'STARTTLS')).toBe('220 2.0.0 Ready to start TLS\r\n')
  const secure = tlsConnect({ socket, rejectUnauthorized: false, servername: 'mx.posthorn.test' })
  await once(secure, 'secureConnect')
  return secure
}

test('STARTTLS on 587: clear, TLS, AUTH, mail (RFC 3207 §5)', async () => {
  const clear = await open('submission')
  expect(await ask(clear, 'EHLO client.example')).toContain('250-STARTTLS\r\n')
  const secure = await upgrade(clear)
  expect(await ask(secure, 'MAIL FROM:<a@b>')).toMatch(/^530 5\.7\.0 Authentication required/)
  expect(await ask(secure, 'AUTH PLAIN AGEAc2VjcmV0')).toMatch(/^503 5\.5\.1 Send EHLO/)
  const hello = await ask(secure, 'EHLO client.example')
  expect(hello).toContain('250-AUTH PLAIN LOGIN\r\n')
  expect(hello).not.toContain('STARTTLS')
  expect(await ask(secure, 'STARTTLS')).toMatch(/^503 5\.5\.1 /)
  expect(await ask(secure, `AUTH PLAIN ${plain('alice@posthorn.test', 'secret')}`)).toMatch(/^235 2\.7\.0 /)
  expect(await ask(secure, 'MAIL FROM:<alice@posthorn.test>')).toMatch(/^250 2\.1\.0 /)
  expect(await ask(secure, 'RCPT TO:<bob@posthorn.test>')).toMatch(/^250 2\.1\.5 /)
  expect(await ask(secure, 'DATA')).toMatch(/^354 /)
  expect(await ask(secure, 'Subject: x\r\n\r\nhello\r\n.')).toMatch(/^250 2\.0\.0 /)
  expect(await ask(secure, 'QUIT')).toMatch(/^221 2\.0\.0 /)
  expect(site.accepted[0]?.text).toMatch(/with ESMTPSA\s+\(TLSv1\.3\s+TLS_/)
  expect(site.lines('STARTTLS negotiation')[0]?.fields).toMatchObject({
    tls_version: 'TLSv1.3',
    client_ip: '127.0.0.1',
  })
  secure.destroy()
})

test('what was said in clear is forgotten (RFC 3207 §4.2)', async () => {
  const clear = await open('smtp')
  for (const line of ['EHLO client.example', 'MAIL FROM:<a@b>', 'RCPT TO:<alice@posthorn.test>']) await ask(clear, line)
  const secure = await upgrade(clear)
  expect(await ask(secure, 'DATA')).toMatch(/^503 5\.5\.1 /)
  expect(await ask(secure, 'MAIL FROM:<a@b>')).toMatch(/^503 5\.5\.1 Send EHLO/)
  secure.destroy()
})

test('a command behind STARTTLS in clear ends the connection (RFC 3207 §4.2, decision 9)', async () => {
  const clear = await open('smtp')
  await ask(clear, 'EHLO client.example')
  clear.write('STARTTLS\r\nMAIL FROM:<evil@b>\r\n')
  expect(await answer(clear)).toMatch(/^554 5\.5\.1 /)
  await once(clear, 'close')
  expect(site.lines('SMTP commands behind STARTTLS refused')).toHaveLength(1)
})

test('a client that shakes no hands is only disconnected', async () => {
  const clear = await open('smtp')
  await ask(clear, 'STARTTLS')
  clear.on('error', () => {})
  clear.write('EHLO this is not TLS\r\n')
  await once(clear, 'close')
  await Promise.all(sessions)
  expect(site.lines('SMTP session fault')).toEqual([])
})
