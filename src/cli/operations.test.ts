/** Sessions, tokens, the log level and mailboxes by command: at a server that runs, and without one. */
import { expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { LineClient } from '../../test/line-client.js'
import { inProcess, type Ran } from '../../test/program.js'

const { serve, site } = cliSites()

const commands = (file: string) => {
  const ran = (...args: string[]): Promise<Ran> => inProcess([...args, '--config', file])
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await ran(...args)
    expect(stderr, args.join(' ')).toBe('')
    expect(code).toBe(0)
    return stdout
  }
  const no = async (line: string, ...args: string[]): Promise<void> =>
    expect(await ran(...args)).toEqual({ code: 1, stdout: '', stderr: `posthorn: ${line}\n` })
  return { ran, ok, no }
}

test('without a server there are no sessions and no log level, and tokens are kept', async () => {
  const { ran, ok, no } = commands(await site())
  expect(await ok('session', 'list')).toBe('ID  SERVICE  CLIENT  SINCE  USER\n')
  expect(JSON.parse(await ok('session', 'list', '--json'))).toEqual([])
  await no('there is no session abc', 'session', 'end', 'abc')
  await no('no server runs on this data: its log has no level', 'log', 'level')
  expect(await ok('token', 'add', 'ops')).toMatch(/^[\w-]{43}\n$/)
  expect(JSON.parse(await ok('token', 'list', '--json'))).toMatchObject([{ name: 'ops' }])
  await no('there is a token ops already', 'token', 'add', 'ops')
  expect(await ok('token', 'revoke', 'ops')).toBe('token ops revoked\n')
  await no('there is no token ops', 'token', 'revoke', 'ops')
  for (const wrong of [
    ['session', 'end'],
    ['session', 'end', 'x', '--user', 'a@b.c'],
    ['log', 'level', 'loud'],
  ])
    expect(await ran(...wrong), wrong.join(' ')).toMatchObject({ code: 2, stdout: '' })
})

test('at a server that runs, a token lets in, a session is listed and ended, the log says more', async () => {
  const file = await site('', ['imaps', 'admin'])
  const { ok, no } = commands(file)
  await ok('domain', 'add', 'example.org')
  const server = serve(['--config', file])
  const { ports } = (await server.logged('Admin server started')) as unknown as { ports: number[] }
  await server.logged('IMAP server started')

  const token = (await ok('token', 'add', 'ops')).trimEnd()
  const ask = (bearer: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[0]}/v1/domains`, { headers: { authorization: `Bearer ${bearer}` } })
  expect((await ask(token)).status).toBe(200)
  expect((await ask('wrong')).status).toBe(401)
  await ok('token', 'revoke', 'ops')
  expect((await ask(token)).status).toBe(401)

  const status = JSON.parse(await ok('session', 'list', '--json'))
  expect(status).toEqual([])
  expect(await ok('log', 'level')).toBe('info\n')
  expect(await ok('log', 'level', 'debug')).toBe('debug\n')
  expect(await ok('log', 'level')).toBe('debug\n')
  await no('there is no user a@example.org', 'session', 'end', '--user', 'a@example.org')
  await no('there is no user a@example.org', 'mailbox', 'list', 'a@example.org')
})

test('a client that is told to end is gone', async () => {
  const file = await site('', ['smtp'])
  const { ok } = commands(file)
  const server = serve(['--config', file])
  const { ports } = (await server.logged('SMTP server started')) as unknown as { ports: number[] }
  const client = LineClient.connect(ports[0] ?? 0)
  expect(await client.line()).toMatch(/^220 /)
  const [session] = JSON.parse(await ok('session', 'list', '--json'))
  expect(session).toMatchObject({ service: 'smtp', client_ip: '127.0.0.1', user: null })
  expect(await ok('session', 'list')).toMatch(/127\.0\.0\.1 .*\(not logged in\)\n$/)
  expect(await ok('session', 'end', session.id)).toBe(`session ${session.id} told to end\n`)
  expect(await client.line()).toMatch(/^421 4\.3\.2 This session was ended/)
  client.close()
})
