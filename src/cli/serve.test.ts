import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { LineClient } from '../../test/line-client.js'
import { inProcess, posthorn, type Served } from '../../test/program.js'

const sites = cliSites()
const { serve, site } = sites

describe('serve', () => {
  test('commands in parallel do not stand in each other’s way, with or without a server', async () => {
    const file = await site()
    const names = ['a.test', 'b.test', 'c.test']
    const ran = await Promise.all(names.map((name) => posthorn(['domain', 'add', name, '--config', file])))
    expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, '']))
  })

  test('nobody else may read the data; after a kill -9 commands work, and the next server takes over', async () => {
    const file = await site()
    const first = serve(['--config', file])
    await first.logged('IMAP server started')
    const folder = join(file, '..', 'data')
    const modes = (await readdir(folder)).map(async (name) => [name, (await stat(join(folder, name))).mode & 0o077])
    for (const [name, others] of await Promise.all(modes)) expect(others, String(name)).toBe(0)
    await first.kill()
    expect(await inProcess(['domain', 'add', 'a.test', '--config', file])).toMatchObject({ code: 0, stderr: '' })
    const second = serve(['--config', file])
    await second.logged('IMAP server started')
    expect((await inProcess(['domain', 'list', '--json', '--config', file])).stdout).toContain('"a.test"')
  })

  test('a data folder too deep for a socket address is reached all the same', async () => {
    const deep = join(sites.dir, 'd'.repeat(70), 'e'.repeat(70))
    await mkdir(deep, { recursive: true })
    const file = join(deep, 'posthorn.toml')
    await writeFile(
      file,
      'hostname = "m.test"\ndata_dir = "data"\n[[listener]]\nservice = "smtp"\naddress = "127.0.0.1"\nport = 0\n',
    )
    const server = serve(['--config', file])
    const { control } = await server.logged('Admin server started')
    expect(String(control).length).toBeLessThan(104)
    expect(await posthorn(['domain', 'add', 'a.test', '--config', file])).toMatchObject({ code: 0, stderr: '' })
    server.signal('SIGTERM')
    expect(await server.exit).toBe(0)
    await expect(stat(String(control))).rejects.toThrow('ENOENT')
  })

  test('SIGHUP takes over limits and log level; SIGTERM ends with 0 while a client is there', async () => {
    const file = await site('', ['smtp'])
    const server = serve(['--config', file])
    const { ports } = await server.logged('SMTP server started')
    const client = LineClient.connect((ports as number[])[0] ?? 0)
    expect(await client.line()).toMatch(/^220 /)
    const text = await readFile(file, 'utf8')
    await writeFile(file, `${text}max_connections = 1\n[log]\nlevel = "debug"\n`)
    server.signal('SIGHUP')
    const { changed, needs_restart } = await server.logged('Configuration reloaded')
    expect([changed, needs_restart]).toEqual([['listeners', 'log'], []])
    const second = LineClient.connect((ports as number[])[0] ?? 0)
    expect(await second.rest()).toEqual(['421 4.3.2 Too many connections, try again later'])
    client.send('NOOP')
    await server.logged('SMTP command received')

    await writeFile(file, `${text}nonsense = 1\n`)
    server.signal('SIGHUP')
    expect((await server.logged('Configuration was not reloaded'))['error']).toMatch(/posthorn\.toml:8: .*nonsense/)
    server.signal('SIGTERM')
    expect(await client.rest()).toContainEqual(expect.stringMatching(/^421 4\.3\.2 /))
    expect(await server.exit).toBe(0)
    expect(server.lines.map(({ msg }) => msg)).toContain('SMTP server shutdown')
  })

  test('a second signal does not wait for anybody', async () => {
    const file = await site('', ['smtp'])
    await inProcess(['domain', 'add', 'a.test', '--config', file])
    await posthorn(['user', 'add', 'u@a.test', '--password-stdin', '--config', file], { input: 'SecurePass123' })
    const server = serve(['--config', file])
    const { ports } = await server.logged('SMTP server started')
    const client = LineClient.connect((ports as number[])[0] ?? 0)
    await client.line()
    client.send('HELO me', 'MAIL FROM:<x@y.test>', 'RCPT TO:<u@a.test>', 'DATA')
    await client.until('354')
    server.signal('SIGINT')
    await server.logged('Shutdown requested')
    server.signal('SIGINT')
    expect(await server.exit).toBe(1)
    expect(server.lines.at(-1)?.msg).toBe('Shutdown forced by a second signal')
  })
})

const run = (line: string): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    execFile('bash', ['-c', line], (error, stdout, stderr) =>
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
    )
  })

describe('the local profile', () => {
  /** Ports move together, so a base is tried until all six are free. */
  async function started(cwd: string): Promise<Served> {
    for (let base = 20_000 + (process.pid % 300) * 100; ; base += 1111) {
      const server = serve(['--port-base', String(base)], { cwd })
      try {
        await server.printed('Ctrl-C')
        return server
      } catch (error) {
        if (!String(error).includes('the port is in use')) throw error
      }
    }
  }

  test('what it prints works when it is pasted, and a second start prints the same accounts', async () => {
    const cwd = await mkdtemp(join(sites.dir, 'local profile '))
    const server = await started(cwd)
    const passwords = JSON.parse(await readFile(join(cwd, 'data', 'local-accounts.json'), 'utf8'))
    expect(Object.keys(passwords)).toEqual(['alice@posthorn.test', 'bob@posthorn.test'])
    expect((await stat(join(cwd, 'data', 'local-accounts.json'))).mode & 0o777).toBe(0o600)
    for (const password of Object.values(passwords)) expect(server.stdout).toContain(password)

    const lines = server.stdout.split('\n').filter((line) => /^(printf|curl) /.test(line))
    expect(lines.length).toBe(6)
    const said: string[] = []
    for (const line of lines) {
      const { code, stdout, stderr } = await run(line)
      expect([code, stderr], line).toEqual([0, ''])
      said.push(stdout)
    }
    expect(said[3]).toMatch(/^\* 1 FETCH [\s\S]*By SMTP[\s\S]*\* 2 FETCH [\s\S]*By submissions/)
    expect(said[4]).toMatch(/Subject: By submissions\r\n[\s\S]*It works\./)
    expect(JSON.parse(said[5] ?? '')).toMatchObject({ users: [{ messages: 2 }, { messages: 1 }] })
    expect((await posthorn(['user', 'list', '--json'], { cwd })).stdout).toContain('"messages": 2')

    server.signal('SIGINT')
    expect(await server.exit).toBe(0)
    const again = await started(cwd)
    for (const password of Object.values(passwords)) expect(again.stdout).toContain(password)
  })
})
