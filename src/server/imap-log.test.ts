/** What the log says of one IMAP session, from its connection to its end: requirement §1.4. */
import { expect, test } from 'vitest'
import type { Line } from '../../test/log-recorder.js'
import { started } from '../../test/started-server.js'

const ADDRESS = 'alice@posthorn.test'
const client_ip = '127.0.0.1'

test('each line of a session names its connection and its session, and tells what happened', async () => {
  const { server, client, port, log } = await started({ services: ['imap', 'imaps', 'lmtp'] })
  await server.accounts.addDomain('posthorn.test')
  await server.accounts.addUser(ADDRESS, 'SecurePass123')
  const reader = client('imaps')
  await reader.until('* OK')
  reader.send(`a LOGIN ${ADDRESS} wrong`)
  await reader.until('a NO')
  reader.send(`b LOGIN ${ADDRESS} SecurePass123`, 'c SELECT INBOX', 'd IDLE')
  await reader.until('+ ')
  const deliverer = client('lmtp')
  deliverer.send('LHLO me', 'MAIL FROM:<>', `RCPT TO:<${ADDRESS}>`, 'DATA')
  await deliverer.until('354')
  deliverer.send('Subject: x', '', '.')
  await reader.until('* 1 EXISTS')
  reader.send('DONE', 'e LOGOUT')
  await reader.rest()

  const bound = { connection_id: expect.any(String), session_id: expect.any(String) }
  const command = (name: string, mailbox: string | null): Line => ({
    level: 'debug',
    message: 'IMAP command received',
    fields: { ...bound, command: name, client_ip, mailbox },
  })
  const lines = log.lines.filter(({ message, level }) => message.startsWith('IMAP') && level !== 'trace')
  const session = lines.filter(({ fields }) => 'session_id' in fields)
  expect(session).toEqual([
    {
      level: 'info',
      message: 'IMAP connection accepted',
      fields: { ...bound, port: port('imaps'), client_ip, tls_active: true, protocol: 'IMAPS' },
    },
    command('LOGIN', null),
    {
      level: 'warn',
      message: 'IMAP authentication failed',
      fields: { ...bound, username: ADDRESS, error_code: 'AUTHENTICATIONFAILED', client_ip },
    },
    command('LOGIN', null),
    {
      level: 'info',
      message: 'IMAP authentication successful',
      fields: { ...bound, username: ADDRESS, auth_method: 'LOGIN', client_ip },
    },
    command('SELECT', null),
    command('IDLE', 'INBOX'),
    {
      level: 'info',
      message: 'IMAP IDLE mode entered',
      fields: { ...bound, mailbox: 'INBOX', heartbeat_interval: '2m' },
    },
    {
      level: 'debug',
      message: 'IMAP IDLE notification',
      fields: { ...bound, event: 'new_message', message_count: 1 },
    },
    command('LOGOUT', 'INBOX'),
  ])
  expect(new Set(session.map(({ fields }) => `${fields['connection_id']} ${fields['session_id']}`)).size).toBe(1)
  expect(JSON.stringify(log.lines)).not.toContain('SecurePass123')
})

test('given the ports of IMAP, the start is logged with them, and STARTTLS is what 143 offers', async () => {
  const { client, port, said } = await started({ services: ['imap', 'imaps'] })
  expect(await client('imap').line()).toMatch(/^\* OK \[CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED /)
  expect(await client('imaps').line()).not.toContain('STARTTLS')
  expect(said('IMAP server started')).toEqual([
    { ports: [port('imap'), port('imaps')], tls_enabled: true, max_connections: 200, version: expect.any(String) },
  ])
})
