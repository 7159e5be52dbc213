/** SASL mechanisms in a real server, for a user whom the offline command line has made: strangers' clients, and our own for PLUS. */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningProcess, TestSite } from '../../bench/server-process.js'
import { scramFinal, scramFirst } from '../sasl-client.js'

const USER = 'alice@posthorn.test'

let site: TestSite
let server: RunningProcess

beforeAll(async () => {
  site = await TestSite.create(['alice'])
  server = await site.start()
})
afterAll(() => site.remove())

test.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])('nodemailer by %s', async (authMethod) => {
  const auth = { user: USER, pass: site.password }
  const tls = { rejectUnauthorized: false }
  const port = server.ports.submissions
  const client = createTransport({ host: '127.0.0.1', port, secure: true, authMethod, auth, tls })
  expect(await client.verify()).toBe(true)
  client.close()
})

/** Sends a line and gives the last line of the answer. */
async function say(socket: TLSSocket, line: string): Promise<string> {
  socket.write(`${line}\r\n`)
  let text = ''
  while (!/^(?:\d{3} .*|\+ .*|a .*)\r\n$/m.test(text)) text += String((await once(socket, 'data'))[0])
  return text.trimEnd().split('\r\n').at(-1) ?? ''
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test.each([
  ['SMTP', 'submissions', 'AUTH', /^235 2\.7\.0 /],
  ['IMAP', 'imaps', 'a AUTHENTICATE', /^a OK /],
] as const)('%s by SCRAM-SHA-256-PLUS on a real TLS connection', async (_name, service, command, done) => {
  const socket = connect({ host: '127.0.0.1', port: server.ports[service], rejectUnauthorized: false })
  await once(socket, 'data')
  if (service === 'submissions') await say(socket, 'EHLO client.example')
  const start = { username: USER, nonce: 'client', header: 'p=tls-exporter,,' }
  const challenge = await say(socket, `${command} SCRAM-SHA-256-PLUS ${base64(scramFirst(start))}`)
  const serverFirst = Buffer.from(challenge.replace(/^\S+ /, ''), 'base64').toString()
  const exporter = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  const { message, verifier } = scramFinal(start, site.password, serverFirst, exporter)
  expect(await say(socket, base64(message))).toMatch(new RegExp(` ${base64(verifier).replaceAll('+', '\\+')}$`))
  expect(await say(socket, '')).toMatch(done)
  socket.destroy()
})
