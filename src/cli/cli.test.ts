import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { inProcess, PROGRAM, posthorn, type RunOptions } from '../../test/program.js'
import { version } from '../server/version.js'

const sites = cliSites()
const { serve, site } = sites

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

test.skipIf(!existsSync('/usr/bin/script'))('on a terminal a password is asked for twice, and not shown', async () => {
  const file = await site()
  await inProcess(['domain', 'add', 'example.org', '--config', file])
  const command = `'${process.execPath}' '${PROGRAM}' user add a@example.org --config '${file}'`
  const child = spawn('/usr/bin/script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'])
  let shown = ''
  let answered = 0
  child.stdout.on('data', (text: Buffer) => {
    shown += text.toString()
    // Prompts and line ends come in any pieces: each prompt is answered once.
    for (const prompts = shown.match(/(Password|Once more): /g) ?? []; answered < prompts.length; answered++)
      child.stdin.write('corr ect\r')
  })
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  expect(shown).toBe('Password: \r\nOnce more: \r\nuser a@example.org added\r\n')
})

describe('init and config', () => {
  test('init makes a folder that can be served, says what the DNS needs, and overwrites nothing', async () => {
    const folder = join(sites.dir, 'new', 'server')
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
    const again = join(sites.dir, 'again.toml')
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
    ['no file', async () => join(sites.dir, 'none.toml'), /none\.toml: there is no such file/],
    [
      'an unknown key',
      () => site('[smtp]\nmax_recipient = 5\n'),
      /posthorn\.toml:13: smtp\.max_recipient: .*max_recipients/,
    ],
    ['a wrong type', () => site('[log]\nlevel = 5\n'), /posthorn\.toml:13: log\.level/],
    ['no TOML', () => site('[[[\n'), /posthorn\.toml:12/],
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
    const [one, two] = [join(sites.dir, 'one'), join(sites.dir, 'two')]
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
    fails(['serve', '--port-base', '70000'], /--port-base 70000: must be a whole number from 0 to/, { cwd: sites.dir }))

  test('commands without a configuration, where no local profile was started', async () => {
    const empty = await mkdtemp(join(sites.dir, 'empty-'))
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

    const added = await ok(
      ['user', 'add', 'Alice@example.org', '--display-name', 'Älice', '--password-stdin'],
      'first password\n',
    )
    expect(added).toBe('user alice@example.org added\n')
    const add = (address: string): string[] => ['user', 'add', address, '--password-stdin']
    if (state === 'running')
      await no(add('alice@example.org'), 'the user alice@example.org exists already', 'SecurePass123')
    else await no(add('a@other.test'), 'there is no domain other.test', 'SecurePass123')
    await no(add('b@example.org'), 'the password is empty', '\n')
    await no(add('b@example.org'), 'the password has fewer than 8 characters (auth.min_password_length)', 'sevenCh')
    await no(['user', 'show', 'nobody@example.org'], 'there is no user nobody@example.org')
    await no(['domain', 'remove', 'example.org'], 'the domain example.org still has users or aliases')

    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({
      address: 'alice@example.org',
      display_name: 'Älice',
      status: 'active',
      mailboxes: 6,
      last_login: null,
    })
    expect(await json('user', 'list')).toMatchObject([{ address: 'alice@example.org', messages: 0 }])
    expect(await json('user', 'list', '--status', 'inactive')).toEqual([])
    expect(await json('user', 'list', '--limit', '1', '--offset', '1')).toEqual([])
    expect(await ran(['user', 'list', '--limit', '0'])).toMatchObject({ code: 2 })
    await no(['user', 'list', '--domain', 'no.test'], 'there is no domain no.test')
    expect(await ok(['user', 'list', '--domain', 'example.org'])).toMatch(/^ADDRESS .*\nalice@example\.org\s+active /)
    expect(await ok(['user', 'set', 'alice@example.org', '--display-name', ''])).toBe(
      'user alice@example.org changed\n',
    )
    const switches = ['--send-as', 'any', '--messages-per-hour', '0', '--recipients-per-hour', '7']
    await ok(['user', 'set', 'alice@example.org', ...switches])
    await ok(['user', 'set', 'alice@example.org', '--recipients-per-hour', 'default'])
    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({
      send_as: 'any',
      messages_per_hour: 0,
      recipients_per_hour: null,
    })
    expect(await ok(['user', 'show', 'alice@example.org'])).toMatch(
      /sends as {6}any\nmessages\/h {4}\(no limit\)\nrecipients\/h {2}\(as configured\)/,
    )
    await ok(['user', 'set', 'alice@example.org', '--allow-smtp', 'off'])
    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({ allow_smtp: false, allow_imap: true })
    expect(await ok(['user', 'show', 'alice@example.org'])).toContain('logs in for   imap\n')
    expect(await ok(['user', 'disable', 'alice@example.org'])).toBe('user alice@example.org disabled\n')
    expect(await json('user', 'show', 'alice@example.org')).toMatchObject({ display_name: '', status: 'inactive' })
    expect(await ok(['user', 'enable', 'alice@example.org'])).toBe('user alice@example.org enabled\n')
    expect(await ok(['user', 'password', 'alice@example.org', '--password-stdin'], 'new password')).toBe(
      'password of alice@example.org set\n',
    )

    const made = await ok(['app-password', 'add', 'alice@example.org', 'My phone', '--for', 'imap'])
    expect(made).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}\n$/)
    await no(['app-password', 'add', 'no@example.org', 'x'], 'there is no user no@example.org')
    await no(
      ['app-password', 'add', 'alice@example.org', 'My phone'],
      'alice@example.org has an app password "My phone"',
    )
    await no(['app-password', 'add', 'alice@example.org', ''], 'the name of the app password is empty')
    expect(await ran(['app-password', 'add', 'alice@example.org', 'x', '--for', 'pop3'])).toMatchObject({ code: 2 })
    expect(await json('app-password', 'list', 'alice@example.org')).toMatchObject([
      { name: 'My phone', smtp: false, imap: true, last_used: null },
    ])
    expect(await ok(['app-password', 'list', 'alice@example.org'])).toMatch(
      /^NAME +FOR +SINCE +LAST USED\nMy phone +imap +.* never\n$/,
    )
    await no(['app-password', 'list', 'no@example.org'], 'there is no user no@example.org')
    expect(await ok(['app-password', 'revoke', 'alice@example.org', 'My phone'])).toBe(
      'app password "My phone" of alice@example.org revoked\n',
    )
    await no(
      ['app-password', 'revoke', 'alice@example.org', 'My phone'],
      'alice@example.org has no app password "My phone"',
    )

    const [sales, targets] = ['sales@example.org', ['Bob@far.example', 'alice@example.org']]
    expect(await ok(['alias', 'add', sales, ...targets])).toBe(`alias ${sales} leads to ${targets.join(', ')}\n`)
    await no(['alias', 'add', 'alice@example.org', 'a@b.c'], 'the user alice@example.org exists already')
    await no(add(sales), `${sales} is an alias already`, 'SecurePass123')
    expect(await json('alias', 'list')).toMatchObject([{ address: sales, targets }])
    expect(await ok(['alias', 'list', '--domain', 'example.org'])).toMatch(/^ADDRESS +TARGETS\nsales@.* Bob@.*, alice@/)
    expect(await ok(['alias', 'remove', sales, 'bob@far.example'])).toBe(`bob@far.example removed from ${sales}\n`)
    await no(['alias', 'remove', sales, 'bob@far.example'], `${sales} does not lead to bob@far.example`)
    expect(await ok(['alias', 'remove', sales])).toBe(`alias ${sales} removed\n`)

    const rules = ['--catch-all', 'alice@example.org', '--catch-all', 'b@far.example', '--subaddress-folders', 'on']
    expect(await ok(['domain', 'set', 'example.org', ...rules])).toBe('domain example.org changed\n')
    expect(await json('domain', 'show', 'example.org')).toMatchObject({
      users: 1,
      catch_all: ['alice@example.org', 'b@far.example'],
      subaddress: true,
      subaddress_folders: true,
    })
    await ok(['domain', 'set', 'example.org', '--catch-all', 'none', '--separator', '-'])
    const shown = await ok(['domain', 'show', 'example.org'])
    expect(shown).toMatch(/catch-all +\(none\)\nsubaddress +on: user-detail\n/)
    const nothing = await ran(['domain', 'set', 'example.org'])
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to set') })

    expect(await ok(['store', 'check'])).toBe('all is well\n')
    expect(await json('store', 'check')).toEqual([])
    expect(await ok(['store', 'repair'])).toBe('all is well: there was nothing to repair\n')
    expect(await json('store', 'repair', '--dry-run')).toEqual({ done: [], left: [] })
    expect(await json('queue', 'list')).toEqual([])
    expect(await ok(['queue', 'list', '--limit', '5'])).toMatch(/^ID +FROM +RECIPIENT/)

    expect(await ok(['user', 'remove', 'alice@example.org'])).toBe('user alice@example.org removed\n')
    expect(await json('user', 'list')).toEqual([])
    expect(await ok(['domain', 'remove', 'example.org'])).toBe('domain example.org removed\n')
    expect(await json('domain', 'list')).toEqual([])
  })
})
