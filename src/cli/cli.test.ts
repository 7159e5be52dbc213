import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { inProcess, posthorn, type RunOptions, Served } from '../../test/program.js'
import { version } from '../server/version.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-cli-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const servers: Served[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill()
})

function serve(args: readonly string[], options: RunOptions = {}): Served {
  const server = new Served(args, options)
  servers.push(server)
  return server
}

/** A new folder with a configuration for free ports; `more` is TOML behind the listeners. */
async function site(more = '', services = ['smtp', 'imap']): Promise<string> {
  const folder = await mkdtemp(join(dir, 'site-'))
  const file = join(folder, 'posthorn.toml')
  const tables = services.map((s) => `[[listener]]\nservice = "${s}"\naddress = "127.0.0.1"\nport = 0\n`)
  await writeFile(file, `hostname = "mail.example.org"\ndata_dir = "data"\n${tables.join('')}${more}`)
  return file
}

/** One clear line, and the exit code 1. */
async function fails(args: readonly string[], line: string | RegExp, options: RunOptions = {}): Promise<void> {
  const ran = await posthorn(args, options)
  expect(ran.stderr.trimEnd().split('\n'), args.join(' ')).toEqual([expect.stringMatching(/^posthorn: /)])
  if (typeof line === 'string') expect(ran.stderr).toBe(`posthorn: ${line}\n`)
  else expect(ran.stderr).toMatch(line)
  expect(ran).toMatchObject({ code: 1, stdout: '' })
}

test('an exit code is what the program ends with', async () => {
  const [released, unknown] = await Promise.all([posthorn(['version']), posthorn(['bogus'])])
  expect(released).toEqual({ code: 0, stderr: '', stdout: `${version}\n` })
  expect(unknown).toEqual({ code: 2, stdout: '', stderr: "posthorn: unknown command 'bogus'\n" })
})

test('a password is never asked of somebody who is not there', async () => {
  const ran = await posthorn(['user', 'add', 'a@example.org', '--config', await site()])
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toBe('posthorn: there is no terminal to ask for the password: give it with --password-stdin\n')
})

describe('init and config', () => {
  test('init makes a folder that can be served, says what the DNS needs, and overwrites nothing', async () => {
    const folder = join(dir, 'new', 'server')
    const args = ['init', folder, '--hostname', 'Mail.Example.ORG', '--domain', 'bücher.example']
    const ran = await posthorn(args)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    for (const record of [
      /xn--bcher-kva\.example\.\s+IN MX\s+10 mail\.example\.org\./,
      /mail\.example\.org\.\s+IN A\s/,
      /IN TXT\s+"v=spf1 mx -all"/,
      /PTR/,
      /DKIM/,
    ])
      expect(ran.stdout).toMatch(record)
    const file = join(folder, 'posthorn.toml')
    const written = await readFile(file, 'utf8')
    expect(await posthorn(['config', 'check', file])).toEqual({ code: 0, stdout: `${file} is valid\n`, stderr: '' })
    expect((await stat(join(folder, 'data', 'tls', 'self-signed.key'))).mode & 0o777).toBe(0o600)
    const domains = await posthorn(['domain', 'list', '--json', '--config', file])
    expect(JSON.parse(domains.stdout)).toMatchObject([{ name: 'xn--bcher-kva.example', users: 0 }])

    await fails(args, `${file} is there already and is not overwritten`)
    expect(await readFile(file, 'utf8')).toBe(written)
  })

  test('config show gives a configuration that says the same', async () => {
    const file = await site('[smtp]\nmax_recipients = 7\n')
    const shown = await inProcess(['config', 'show', file])
    expect(shown).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('max_recipients = 7') })
    const again = join(dir, 'again.toml')
    await writeFile(again, shown.stdout)
    expect((await inProcess(['config', 'show', again])).stdout).toBe(shown.stdout)
  })

  test('environment variables override the file', async () => {
    const env = { POSTHORN_SMTP__MAX_RECIPIENTS: '9' }
    expect((await posthorn(['config', 'show', await site()], { env })).stdout).toContain('max_recipients = 9')
  })
})

describe('a configuration that cannot be served', () => {
  const bad: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
    ['no file', async () => join(dir, 'none.toml'), /none\.toml: there is no such file/],
    [
      'an unknown key',
      () => site('[smtp]\nmax_recipient = 5\n'),
      /posthorn\.toml:12: smtp\.max_recipient: .*max_recipients/,
    ],
    ['a wrong type', () => site('[log]\nlevel = 5\n'), /posthorn\.toml:12: log\.level/],
    ['no TOML', () => site('[[[\n'), /posthorn\.toml:11/],
    [
      'a key file that is not there',
      () => site('[tls]\ncertificate = "c.pem"\nkey = "k.pem"\n'),
      /cannot read the TLS certificate .*c\.pem: no such file/,
    ],
  ]
  test.each(bad)('%s: one line and exit code 1', async (_, make, line) => {
    const file = await make()
    const checked = await inProcess(['config', 'check', file])
    expect(checked).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(line) })
    await fails(['serve', '--config', file], line)
  })

  test('a certificate and a key of another', async () => {
    const [one, two] = [join(dir, 'one'), join(dir, 'two')]
    await Promise.all(
      [one, two].map((to) => inProcess(['init', to, '--hostname', 'm.example.org', '--domain', 'example.org'])),
    )
    const pem = (of: string, end: string): string => join(of, 'data', 'tls', `self-signed.${end}`)
    const file = await site(`[tls]\ncertificate = "${pem(one, 'crt')}"\nkey = "${pem(two, 'key')}"\n`)
    await fails(['serve', '--config', file], /^posthorn: the TLS key .* does not belong to the certificate /)
  })

  test('a port in use, by address and number', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const file = await site(`[[listener]]\nservice = "imaps"\naddress = "127.0.0.1"\nport = ${port}\n`)
    await fails(['serve', '--config', file], `cannot listen on 127.0.0.1:${port} for imaps: the port is in use`)
    other.close()
  })

  test('a data folder that cannot be', async () => {
    const file = await site()
    await writeFile(join(file, '..', 'data'), 'a file')
    await fails(['serve', '--config', file], /^posthorn: cannot open the data folder .*data: /)
    expect(await inProcess(['user', 'list', '--config', file])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^posthorn: cannot open the data folder .*data: /),
    })
  })

  test('a folder that another server has, by path and process', async () => {
    const file = await site()
    const first = serve(['--config', file])
    await first.logged('IMAP server started')
    const folder = join(file, '..', 'data')
    await fails(['serve', '--config', file], `${folder} is in use by another server (process ${first.pid})`)
  })

  test('a port base that leaves the range of ports', () =>
    fails(['serve', '--port-base', '70000'], /--port-base 70000: must be a whole number from 0 to/, { cwd: dir }))

  test('commands without a configuration, where no local profile was started', async () => {
    const empty = await mkdtemp(join(dir, 'empty-'))
    const line = `there is no data folder ${join(empty, 'data')}: start the server once, or name one with --config FILE or --data DIR`
    await fails(['user', 'list'], line, { cwd: empty })
    await expect(stat(join(empty, 'data'))).rejects.toThrow('ENOENT')
  })
})

describe.each(['stopped', 'running'])('commands on a server that is %s', (state) => {
  let file: string
  /** What reads stdin needs a process; the others are as true, and faster, without one. */
  const ran = (args: readonly string[], input?: string) =>
    input === undefined ? inProcess([...args, '--config', file]) : posthorn([...args, '--config', file], { input })
  const ok = async (args: readonly string[], input?: string): Promise<string> => {
    const result = await ran(args, input)
    expect(result, args.join(' ')).toMatchObject({ code: 0, stderr: '' })
    return result.stdout
  }
  const no = async (args: readonly string[], line: string, input?: string): Promise<void> => {
    expect(await ran(args, input), args.join(' ')).toEqual({ code: 1, stdout: '', stderr: `posthorn: ${line}\n` })
  }
  const json = async (...args: string[]): Promise<unknown> => JSON.parse(await ok([...args, '--json']))

  test('domains, users, store and queue from beginning to end', async () => {
    file = await site()
    if (state === 'running') await serve(['--config', file]).logged('IMAP server started')

    expect(await ok(['domain', 'add', 'Example.ORG'])).toBe('domain example.org added\n')
    await no(['domain', 'add', 'example.org'], 'the domain example.org exists already')
    await no(['domain', 'add', 'exa mple'], '"exa mple" is not a domain name')

    const added = await ok(['user', 'add', 'Alice@example.org', '--display-name', 'Älice', '--password-stdin'], 'one\n')
    expect(added).toBe('user alice@example.org added\n')
    const add = (address: string): string[] => ['user', 'add', address, '--password-stdin']
    if (state === 'running') await no(add('alice@example.org'), 'the user alice@example.org exists already', 'x')
    else await no(add('a@other.test'), 'there is no domain other.test', 'x')
    await no(add('b@example.org'), 'the password is empty', '\n')
    await no(['user', 'show', 'nobody@example.org'], 'there is no user nobody@example.org')
    await no(['domain', 'remove', 'example.org'], 'the domain example.org still has users')

    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({
      address: 'alice@example.org',
      display_name: 'Älice',
      status: 'active',
      mailboxes: 6,
      last_login: null,
    })
    expect(await json('user', 'list')).toMatchObject([{ address: 'alice@example.org', messages: 0 }])
    expect(await ok(['user', 'list', '--domain', 'example.org'])).toMatch(/^ADDRESS .*\nalice@example\.org\s+active /)
    expect(await ok(['user', 'set', 'alice@example.org', '--display-name', ''])).toBe(
      'user alice@example.org changed\n',
    )
    expect(await ok(['user', 'disable', 'alice@example.org'])).toBe('user alice@example.org disabled\n')
    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({ display_name: '', status: 'inactive' })
    expect(await ok(['user', 'enable', 'alice@example.org'])).toBe('user alice@example.org enabled\n')
    expect(await ok(['user', 'password', 'alice@example.org', '--password-stdin'], 'two')).toBe(
      'password of alice@example.org set\n',
    )

    expect(await ok(['store', 'check'])).toBe('all is well\n')
    expect(await json('store', 'check')).toEqual([])
    expect(await json('queue', 'list')).toEqual([])
    expect(await ok(['queue', 'list', '--limit', '5'])).toMatch(/^ID +FROM +RECIPIENT/)

    expect(await ok(['user', 'remove', 'alice@example.org'])).toBe('user alice@example.org removed\n')
    expect(await json('user', 'list')).toEqual([])
    expect(await ok(['domain', 'remove', 'example.org'])).toBe('domain example.org removed\n')
    expect(await json('domain', 'list')).toEqual([])
  })
})

describe('serve', () => {
  test('commands in parallel do not stand in each other’s way, with or without a server', async () => {
    const file = await site()
    const names = ['a.test', 'b.test', 'c.test']
    const ran = await Promise.all(names.map((name) => posthorn(['domain', 'add', name, '--config', file])))
    expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, '']))
  })

  test('after a kill -9 commands work, and the next server takes over', async () => {
    const file = await site()
    const first = serve(['--config', file])
    await first.logged('IMAP server started')
    await first.kill()
    expect(await inProcess(['domain', 'add', 'a.test', '--config', file])).toMatchObject({ code: 0, stderr: '' })
    const second = serve(['--config', file])
    await second.logged('IMAP server started')
    expect((await inProcess(['domain', 'list', '--json', '--config', file])).stdout).toContain('"a.test"')
  })

  test('a data folder too deep for a socket address is reached all the same', async () => {
    const deep = join(dir, 'd'.repeat(70), 'e'.repeat(70))
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
    expect((await server.logged('Configuration was not reloaded'))['error']).toMatch(/posthorn\.toml:7: .*nonsense/)
    server.signal('SIGTERM')
    expect(await client.rest()).toContainEqual(expect.stringMatching(/^421 4\.3\.2 /))
    expect(await server.exit).toBe(0)
    expect(server.lines.map(({ msg }) => msg)).toContain('SMTP server shutdown')
  })

  test('a second signal does not wait for anybody', async () => {
    const file = await site('', ['smtp'])
    await inProcess(['domain', 'add', 'a.test', '--config', file])
    await posthorn(['user', 'add', 'u@a.test', '--password-stdin', '--config', file], { input: 'pw' })
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
    const cwd = await mkdtemp(join(dir, 'local profile '))
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
