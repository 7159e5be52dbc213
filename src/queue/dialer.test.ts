/** From a host with its addresses to a session, over real sockets. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { type Answers, agreeable, SmtpServer } from '../../test/smtp-server.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import type { HopHost, OutboundSession, RouteSettings } from './contracts.js'
import { SmtpDialer } from './dialer.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** TCPMUX (RFC 1078): nobody listens there. One that was free a moment ago may be somebody's. */
const NOBODY = 1

async function world(answers: Answers = agreeable()) {
  const spoken: SmtpServer[] = []
  const server = createServer((socket) => {
    spoken.push(new SmtpServer(socket, answers))
    // The first octet of a handshake (RFC 8446 §5.1): there is no TLS here.
    socket.on('data', (octets) => octets[0] === 0x16 && socket.destroy())
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const log = recordingLog()
  const dialer = new SmtpDialer({
    hostname: 'us.test',
    sources: ['127.0.0.1'],
    clock: systemClock,
    random: systemRandom,
    log,
  })
  const { port: served } = server.address() as AddressInfo
  const open = (tls: RouteSettings['tls'] = 'try', port = served): Promise<OutboundSession> => {
    const host: HopHost = { name: 'mx.test', port, addresses: ['127.0.0.1'] }
    return dialer.open(host, { tls, credentials: null, perMinute: null, connections: null })
  }
  return { open, spoken, log }
}

test('a session with a server that is there', async () => {
  const { open, spoken, log } = await world()
  const session = await open()
  expect(session).toMatchObject({ host: 'mx.test [127.0.0.1]', tls: null, usable: true })
  await session.end()
  expect(spoken.map(({ lines }) => lines)).toEqual([['EHLO us.test', 'QUIT']])
  const traced = log.lines.filter(({ level }) => level === 'trace')
  expect(traced.map(({ message }) => message)).toContain('C: EHLO us.test')
  expect(new Set(traced.map(({ fields }) => fields['connection_id'])).size).toBe(1)
})

test('none with one that is not', async () => {
  const { open } = await world()
  await expect(open('try', NOBODY)).rejects.toMatchObject({
    reply: '450 4.4.1 Connection refused by mx.test [127.0.0.1]',
    permanent: false,
  })
})

test('a second connection where TLS was offered and cannot be had', async () => {
  const { open, spoken } = await world(agreeable('mx.test|STARTTLS'))
  const session = await open()
  expect(session.tls).toBeNull()
  await session.end()
  expect(spoken.map(({ lines }) => lines[1])).toEqual(['STARTTLS', 'QUIT'])
})
