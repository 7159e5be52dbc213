import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { recordingLog } from '../../test/log-recorder.js'
import { ALL, configOf, ends, folder, started } from '../../test/started-server.js'
import { showUser } from '../admin/users.js'
import { FakeClock, systemClock } from '../core/clock.js'
import { parseConfig } from '../core/config.js'
import { systemRandom } from '../core/ids.js'
import { openDirect, type RunningServer, startServer } from './main.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function withAlice(server: RunningServer): Promise<void> {
  await server.accounts.addDomain('posthorn.test')
  await server.accounts.addUser('alice@posthorn.test', 'SecurePass123')
}

/** A client that is in the middle of DATA. */
async function inTransaction(client: LineClient): Promise<void> {
  await client.line()
  client.send('HELO me', 'MAIL FROM:<x@example.org>', 'RCPT TO:<alice@posthorn.test>', 'DATA')
  await client.until('354')
  client.send('Subject: half', '', 'a line')
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

test('each service greets on the port that was bound, with TLS where it belongs, and the start is logged', async () => {
  const { client, said, port, server } = await started()
  for (const service of ['smtp', 'submission', 'submissions'] as const)
    expect(await client(service).line(), service).toMatch(/^220 mail\.posthorn\.test ESMTP/)
  for (const service of ['imap', 'imaps'] as const) expect(await client(service).line(), service).toMatch(/^\* OK /)
  expect(said('SMTP server started')).toMatchObject([
    { ports: [port('smtp'), port('submission'), port('submissions')], tls_enabled: true, max_connections: 100 },
  ])
  expect(said('IMAP server started')).toMatchObject([
    { ports: [port('imap'), port('imaps')], tls_enabled: true, max_connections: 200 },
  ])
  expect(said('Admin server started')).toEqual([{ ports: [port('admin')], control: server.control }])
  expect(
    said('SMTP connection accepted')
      .map(({ protocol, tls_active }) => [protocol, tls_active])
      .sort(),
  ).toEqual([
    ['SMTP', false],
    ['SMTP', false],
    ['SMTPS', true],
  ])
  const ids = said('SMTP connection accepted').map(({ connection_id, session_id }) => [connection_id, session_id])
  expect(new Set(ids.flat()).size).toBe(6)
})

test('many sessions at once are nothing that Node warns of', async () => {
  const warnings: string[] = []
  const warned = (warning: Error): void => void warnings.push(warning.message)
  process.on('warning', warned)
  const { client } = await started({ services: ['smtp', 'imap'] })
  for (const service of ['smtp', 'imap'] as const)
    await Promise.all(Array.from({ length: 20 }, () => client(service).line()))
  process.off('warning', warned)
  expect(warnings).toEqual([])
})

test('a client that speaks in clear where TLS begins is closed, and logged', async () => {
  const { port, said } = await started({ services: ['submissions'] })
  const client = LineClient.connect(port('submissions'))
  client.send('EHLO me')
  await client.rest()
  expect(said('TLS handshake failed')).toMatchObject([{ port: port('submissions'), client_ip: '127.0.0.1' }])
})

test('one connection too many is answered in the words of its protocol and logged', async () => {
  const { client, port, said } = await started({ listener: 'max_connections = 1' })
  for (const service of ALL.slice(0, 5)) await client(service).line()
  expect(await client('smtp').rest()).toEqual(['421 4.3.2 Too many connections, try again later'])
  expect(await client('imap').rest()).toEqual(['* BYE Maximum connections reached'])
  expect(await client('submissions').rest()).toEqual(['421 4.3.2 Too many connections, try again later'])
  expect(await client('imaps').rest()).toEqual(['* BYE Maximum connections reached'])
  expect(said('SMTP connection limit reached')).toEqual([
    { port: port('smtp'), current_connections: 1, rejected_ip: '127.0.0.1', max_connections: 1 },
    { port: port('submissions'), current_connections: 1, rejected_ip: '127.0.0.1', max_connections: 1 },
  ])
  expect(said('IMAP connection limit reached').map((fields) => fields['port'])).toEqual([port('imap'), port('imaps')])
})

test('a shutdown lets the transaction that runs complete, and sends the others home', async () => {
  const { server, client, port, said, config } = await started()
  await withAlice(server)
  const [busy, idle, reader] = [client('smtp'), client('smtp'), client('imap')]
  await inTransaction(busy)
  await idle.line()
  await reader.line()

  const stopped = server.stop()
  expect(await idle.rest()).toEqual([expect.stringMatching(/^421 4\.3\.2 /)])
  expect(await reader.rest()).toEqual([expect.stringMatching(/^\* BYE /)])
  expect(await client('smtp').rest()).toEqual(['421 4.3.2 Service is shutting down, try again later'])
  expect(await client('imap').rest()).toEqual(['* BYE Server is shutting down'])
  expect(await client('imaps').rest()).toEqual(['* BYE Server is shutting down'])
  busy.send('another', '.')
  expect(await busy.rest()).toEqual([
    expect.stringMatching(/^250 2\.0\.0 Message accepted for delivery/),
    expect.stringMatching(/^421 4\.3\.2 /),
  ])
  await stopped
  expect(await canConnect(port('smtp'))).toBe(false)
  expect(said('SMTP server shutdown')).toMatchObject([{ graceful: true, active_sessions_completed: 2 }])
  expect(said('IMAP server shutdown')).toMatchObject([{ graceful: true, active_sessions_completed: 1 }])

  const direct = await openDirect({ config, clock: systemClock, random: systemRandom, log: recordingLog() })
  ends.push(() => direct.close())
  expect(await direct.call(showUser, { address: 'alice@posthorn.test' })).toMatchObject({ messages: 1 })
})

test('who does not come to an end within 30 seconds is cut off', async () => {
  const clock = new FakeClock(systemClock.now())
  const { server, client, said } = await started({ clock })
  await withAlice(server)
  const stuck = client('smtp')
  await inTransaction(stuck)
  let over = false
  const stopped = server.stop().then(() => {
    over = true
  })
  await clock.advance(29_999)
  expect(over).toBe(false)
  await clock.advance(1)
  expect(await stuck.rest()).toEqual([])
  await stopped
  expect(said('SMTP server shutdown')).toMatchObject([{ graceful: false, active_sessions_completed: 0 }])
  expect(said('Sessions closed at the end of the shutdown period')).toMatchObject([{ service: 'smtp', sessions: 1 }])
})

test('an IMAP session has 60 seconds to complete what it does', async () => {
  const clock = new FakeClock(systemClock.now())
  const { server, client, said } = await started({ clock, services: ['imaps'] })
  await withAlice(server)
  const [stuck, quick] = [client('imaps'), client('imaps')]
  for (const one of [stuck, quick]) {
    await one.line()
    one.send('a LOGIN alice@posthorn.test SecurePass123', 'b APPEND INBOX {5}')
    await one.until('+ ')
  }
  let over = false
  const stopped = server.stop().then(() => {
    over = true
  })
  await clock.advance(59_999)
  quick.send('hello')
  expect(await quick.rest()).toEqual([expect.stringMatching(/^b OK /), '* BYE Server is shutting down'])
  while (server.sessions > 1) await new Promise(setImmediate)
  expect(over).toBe(false)
  await clock.advance(1)
  expect(await stuck.rest()).toEqual([])
  await stopped
  expect(said('IMAP server shutdown')).toMatchObject([{ graceful: false, active_sessions_completed: 1 }])
  expect(said('Sessions closed at the end of the shutdown period')).toMatchObject([{ service: 'imap', sessions: 1 }])
})

test('a handshake that hangs does not hold up a shutdown', async () => {
  const { server, port } = await started({ services: ['imaps'] })
  const silent = LineClient.connect(port('imaps'))
  while (server.sessions === 0) await new Promise(setImmediate)
  await server.stop()
  expect(await silent.rest()).toEqual([])
})

test('a start that fails leaves nothing behind', async () => {
  const { port } = await started({ services: ['smtp'] })
  const dir = await folder()
  const config = configOf(dir, { services: ['imap', 'admin', 'smtp'] })
  const listeners = config.listeners.map((l) => (l.service === 'smtp' ? { ...l, port: port('smtp') } : l))
  const log = recordingLog()
  const surroundings = { clock: systemClock, random: systemRandom, log }
  await expect(startServer({ ...surroundings, config: { ...config, listeners } })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port('smtp')} for smtp: the port is in use`,
  )
  expect(log.lines).toEqual([])
  await started({ dir })
})

test('a folder that another server has is named, with the process', async () => {
  const { dir, config } = await started({ services: ['smtp'] })
  const second = startServer({ config, clock: systemClock, random: systemRandom, log: recordingLog() })
  await expect(second).rejects.toThrow(`${join(dir, 'data')} is in use by another server (process ${process.pid})`)
})

test('an admin listener that others could reach is refused', async () => {
  const dir = await folder()
  const config = parseConfig(
    'hostname = "m.test"\ndata_dir = "d"\n[[listener]]\nservice = "admin"\naddress = "0.0.0.0"\nport = 0',
    ...(['test', {}, dir] as const),
  )
  const start = startServer({ config, clock: systemClock, random: systemRandom, log: recordingLog() })
  await expect(start).rejects.toThrow('the admin listener 0.0.0.0:0 is not on a loopback address')
})

test('a reload changes limits for those who come from then on, and says what waits for a restart', async () => {
  const { server, client, dir, said } = await started({ services: ['smtp'], listener: 'max_connections = 1' })
  await client('smtp').line()
  expect(await client('smtp').line()).toMatch(/^421/)
  const next = {
    services: ['smtp'],
    listener: 'max_connections = 2',
    more: '[store]\nduplicate_window = "1m"',
  } as const
  await server.reload(configOf(dir, next))
  expect(await client('smtp').line()).toMatch(/^220/)
  expect(said('Configuration reloaded')).toEqual([{ changed: ['listeners', 'store'], needs_restart: ['store'] }])
})

test('a reload changes what logins and addresses go by: mechanisms, failures, postmaster, sending', async () => {
  const { server, client, dir } = await started({ services: ['submissions'] })
  await withAlice(server)
  const hello = async (): Promise<LineClient> => {
    const one = client('submissions')
    await one.line()
    one.send('EHLO me')
    return one
  }
  const before = await hello()
  expect(await before.until('250-AUTH')).toContain('250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS')
  const more =
    '[auth]\nmechanisms = ["PLAIN"]\nmax_failures = 1\n[submission]\nmessages_per_hour = 1\n' +
    '[accounts]\npostmaster = "alice@posthorn.test"'
  await server.reload(configOf(dir, { services: ['submissions'], more }))
  const after = await hello()
  expect(await after.until('250-AUTH')).toContain('250-AUTH PLAIN')
  await after.until('250 ')
  after.send(`AUTH PLAIN ${base64('\0alice@posthorn.test\0SecurePass123')}`)
  expect(await after.line()).toMatch(/^235 /)
  const message = ['MAIL FROM:<alice@posthorn.test>', 'RCPT TO:<postmaster@posthorn.test>', 'DATA']
  after.send(...message)
  await after.until('354')
  after.send('Subject: x', '', '.', message[0] ?? '')
  expect(await after.line()).toMatch(/^250 2\.0\.0 /)
  expect(await after.line()).toMatch(/^450 4\.7\.1 /)
  const guesser = await hello()
  await guesser.until('250 ')
  guesser.send(`AUTH PLAIN ${base64('\0alice@posthorn.test\0wrong')}`)
  expect(await guesser.line()).toMatch(/^535 /)
  guesser.send(`AUTH PLAIN ${base64('\0alice@posthorn.test\0SecurePass123')}`)
  expect(await guesser.line()).toMatch(/^454 /)
})

test('the control socket is for its owner alone, and the socket goes with the server', async () => {
  const { server, dir } = await started()
  expect(server.control).toBe(join(dir, 'data', 'control.sock'))
  expect((await stat(server.control)).mode & 0o777).toBe(0o600)
  await server.stop()
  await expect(stat(server.control)).rejects.toThrow('ENOENT')
})
