import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reportSchema } from '../../conformance/result.js'
import { failed, other, report } from '../../test/conformance-report.js'
import { inProcess, posthorn } from '../../test/program.js'
import { ends, folder, started } from '../../test/started-server.js'
import { Progress } from './conformance-progress.js'

const PASSWORDS = ['first password of this test', 'second one, also of this test']

/** posthorn conformance; @returns what it said, and its last line */
async function conformance(...args: readonly string[]) {
  const ran = await inProcess(['conformance', ...args])
  return { ...ran, last: ran.stdout.trimEnd().split('\n').at(-1) }
}

async function fileWith(text: string, name = 'file'): Promise<string> {
  const file = join(await folder(), name)
  await writeFile(file, text)
  return file
}

describe('at our own server in process', () => {
  test('transcripts are played in all their cuts, and the text tells what they came to', async () => {
    const ran = await conformance('imap', '--only', 'noop-logout', '--seed', '7')
    expect(ran).toMatchObject({ code: 0, stderr: '', last: 'Posthorn: 1 passed, 0 failed, 0 skipped (seed 7)' })
    expect(ran.stdout).toMatch(
      /^RFC 3501 {2}INTERNET MESSAGE ACCESS PROTOCOL - VERSION 4rev1 +passed +failed +skipped$/m,
    )
  })

  test('--list names transcripts and plays nothing', async () => {
    const { code, stdout } = await conformance('--list', '--rfc', '3501:6.4.5')
    const lines = stdout.trimEnd().split('\n')
    expect(code).toBe(0)
    expect(lines[0]).toMatch(/^TRANSCRIPT +SHOWS +TITLE$/)
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.slice(1).every((line) => line.startsWith('imap/'))).toBe(true)
    const one = await conformance('smtp', '--list', '--only', 'after-quit')
    expect(one.stdout.split('\n')[1]).toMatch(/^smtp\/after-quit +RFC 5321 §4\.1\.1\.10 +What is sent behind QUIT/)
  })

  test('--coverage says that everything has a transcript', async () => {
    expect(await conformance('--coverage')).toMatchObject({ code: 0, stdout: 'everything has a transcript\n' })
  })
})

describe('reports', () => {
  test('a saved report becomes any other, beside those of other servers', async () => {
    const [saved, another] = [await fileWith(JSON.stringify(report)), await fileWith(JSON.stringify(other))]
    const html = await conformance('--from', saved, '--compare', another, '--report', 'html')
    expect(html).toMatchObject({ code: 0, stderr: 'mail.<b>example</b>: 3 passed, 1 failed, 1 skipped (seed 7)\n' })
    expect(html.stdout).toContain('other.example')
    expect(html.stdout).toContain("default-src 'none'")
    const text = await conformance('--from', saved)
    expect(text).toMatchObject({ code: 0, last: 'mail.<b>example</b>: 3 passed, 1 failed, 1 skipped (seed 7)' })
    expect(text.stdout).toContain(failed.dialogue[0])
  })

  test('--output takes the report off stdout', async () => {
    const [saved, output] = [await fileWith(JSON.stringify(report)), await fileWith('', 'junit.xml')]
    const ran = await conformance('--from', saved, '--report', 'junit', '--output', output)
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('3 passed, 1 failed') })
    expect(await readFile(output, 'utf8')).toMatch(/^<\?xml [\s\S]*<\/testsuites>\n$/)
  })

  test.each([
    ['{"passed": 3}', /is no report of this program in JSON$/],
    ['not JSON', /is no report of this program in JSON$/],
  ])('%s is no report', async (text, message) => {
    const { code, stderr } = await conformance('--from', await fileWith(text))
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toMatch(message)
  })

  test('files that are not there, or cannot be made', async () => {
    const [saved, dir] = [await fileWith(JSON.stringify(report)), await folder()]
    const none = await conformance('--from', join(dir, 'none'))
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^posthorn: .*none cannot be read: ENOENT.*\n$/),
    })
    const nowhere = await conformance('--from', saved, '--output', join(dir, 'no', 'file'))
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^posthorn: --output .* cannot be written: /),
    })
  })
})

/** A server of ours in this process, as any other on a network. @returns options for it */
async function ours() {
  const { server, port, dir } = await started({ services: ['smtp', 'submission', 'submissions', 'imap', 'imaps'] })
  await server.accounts.addDomain('posthorn.test')
  const users = ['one@posthorn.test', 'two@posthorn.test']
  for (const [i, user] of users.entries()) await server.accounts.addUser(user, PASSWORDS[i] ?? '')
  const passwords = await fileWith(`${PASSWORDS.join('\n')}\n`)
  return {
    port,
    host: ['--host', '127.0.0.1', '--hostname', 'mail.posthorn.test'],
    users: ['--user', users[0] ?? '', '--user2', users[1] ?? '', '--password-file', passwords],
    ca: ['--ca', join(dir, 'data', 'tls', 'self-signed.crt')],
  }
}

describe('over a network', () => {
  test.each([
    ['imaps', '--tls'],
    ['imap', '--starttls'],
  ] as const)(
    'transcripts are played at %s with %s, whole and cut, and no report has a password',
    async (service, tls) => {
      const { port, host, users, ca } = await ours()
      const output = await fileWith('', 'report.json')
      const ran = await conformance(
        ...['imap', ...host, '--port', String(port(service)), tls, ...ca, ...users, '--empty-mailboxes', '--cuts'],
        ...['--only', '{noop-logout,rfc3501-6-1-2-*,limits-of-time}', '--report', 'json', '--output', output],
      )
      expect(ran.stderr).toMatch(/^127\.0\.0\.1: [12] passed, 0 failed, [12] skipped \(seed 1\)\n$/)
      expect(ran.code).toBe(0)
      const text = await readFile(output, 'utf8')
      const { results, server, family } = reportSchema.parse(JSON.parse(text))
      expect({ server, family }).toEqual({ server: '127.0.0.1', family: 'imap' })
      expect(results.find(({ transcript }) => transcript === 'imap/limits-of-time')?.reason).toMatch(/./)
      for (const password of PASSWORDS)
        for (const secret of [password, Buffer.from(password).toString('base64')]) expect(text).not.toContain(secret)
    },
  )

  test('SMTP is played with nothing but an address', async () => {
    const { port, host } = await ours()
    const at = [...host, '--port', String(port('smtp')), '--recipient', 'one@posthorn.test']
    const ran = await conformance('smtp', ...at, '--only', 'after-quit')
    expect(ran).toMatchObject({ code: 0, last: '127.0.0.1: 1 passed, 0 failed, 0 skipped (seed 1)' })
  })

  test('what cannot begin is told in one line: who it is, who logs in, whose mail it is', async () => {
    const { port, host, users, ca } = await ours()
    const at = ['imap', ...host, '--port', String(port('imap'))]
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await conformance(...at, ...args, '--only', 'noop-logout')
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^posthorn: .*\n$/)
      return stderr
    }
    expect(await refused(...users)).toContain('self-signed certificate; --ca FILE trusts an authority, --insecure any')
    expect(await refused(...users.slice(0, 4))).toContain('there is no terminal to ask for passwords')
    const wrong = await fileWith('wrong\n')
    expect(await refused(...ca, '--user', 'one@posthorn.test', '--password-file', wrong)).toContain(
      'one@posthorn.test cannot log in: NO',
    )
    expect(await refused(...ca, ...users.slice(0, 4), '--password-file', wrong)).toContain(
      'has no password of two@posthorn.test: one line for each user, in their order',
    )
    expect(await refused(...ca, '--insecure', ...users)).toContain('--ca and --insecure exclude each other')
    expect(await refused('--tls', '--starttls', ...users)).toContain('exclude each other')
    expect(await refused('--user2', 'x')).toContain('--user, --user2, --user3 …, none left out')
  })

  test('passwords come from stdin, a line for each user', async () => {
    const { port, host, users, ca } = await ours()
    const args = ['imap', ...host, '--port', String(port('imap')), ...ca, ...users.slice(0, 4), '--password-stdin']
    const ran = await posthorn(['conformance', ...args, '--only', 'noop-logout'], { input: PASSWORDS.join('\r\n') })
    expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('1 passed, 0 failed') })
  })
})

/** An IMAP server in clear that lets everybody in, has no mail, and answers NOOP as `noop` says: null is not at all. */
async function strange(noop: string | null): Promise<string[]> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('* OK\r\n')
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) {
        const [tag = '', verb = ''] = line.split(' ')
        if (verb === 'CAPABILITY') socket.write(`* CAPABILITY IMAP4rev1\r\n${tag} OK\r\n`)
        else if (verb !== 'NOOP') socket.write(`${tag} OK\r\n`)
        else if (noop === '') socket.end()
        else if (noop !== null) socket.write(`${tag} ${noop}\r\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const password = await fileWith('secret-of-one')
  return ['--host', '127.0.0.1', '--port', String(port), '--no-tls', '--user', 'one', '--password-file', password]
}

describe('a server that does not conform', () => {
  const at = (args: readonly string[]) => conformance('imap', ...args, '--only', 'noop-logout', '--time-limit', '2')

  test.each([
    ['answers with <script>', 'BAD <script>alert(1)</script>', /<script>alert\(1\)<\/script>$/m],
    ['closes', '', /closed|end/],
    ['never answers', null, /it is not done after 2 s and hangs here$/m],
  ])('%s: the exit code is 1, and the dialogue is told up to there', async (_, noop, message) => {
    const { code, stdout, last } = await at(await strange(noop))
    expect(code).toBe(1)
    expect(stdout).toMatch(/^FAILED {2}imap\/noop-logout: /m)
    expect(stdout).toMatch(message)
    expect(stdout).toMatch(/^ {4}C: \S+ NOOP$/m)
    expect(last).toMatch(/^127\.0\.0\.1: 0 passed, [1-9]\d* failed/)
  })
})

test('progress is one line, rewritten, no wider than the terminal, and gone at the end', () => {
  let text = ''
  const screen = { columns: 20, write: (more: string) => (text += more) }
  const progress = new Progress(12, screen)
  const transcript = { file: 'conformance/imap/a-very-long-name.txt' } as Parameters<Progress['begins']>[0]
  progress.begins(transcript)
  progress.ended(failed)
  progress.begins({ ...transcript, file: 'conformance/imap/b.txt' })
  progress.clear()
  expect(text.split('\r\x1b[K')).toEqual(['', '1/12  imap/a-very-l', '2/12  imap/b  1 fai', ''])
  expect(() => new Progress(1, null).begins(transcript)).not.toThrow()
})
