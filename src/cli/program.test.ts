import { expect, test } from 'vitest'
import { inProcess } from '../../test/program.js'
import { version } from '../server/version.js'

test.each([
  [[]],
  [['bogus']],
  [['domain']],
  [['domain', 'bogus']],
  [['domain', 'add']],
  [['domain', 'add', 'a.test', 'b.test']],
  [['user', 'list', '--bogus']],
  [['user', 'add', 'a@b.test', '--password', 'secret']],
  [['user', 'set', 'a@b.test', '--config', 'x', '--data', 'y']],
  [['init', 'x', '--hostname', 'mail.example.org']],
  [['init', 'x', '--hostname', 'not a name', '--domain', 'example.org']],
  [['serve', '--port-base', 'x']],
  [['serve', '--config', 'x.toml', '--port-base', '3000']],
  [['queue', 'list', '--limit', '0']],
  [['conformance', 'pop3']],
  [['conformance', '--report', 'pdf']],
  [['conformance', '--port', 'pop3=110']],
  [['conformance', '--port', '0']],
  [['conformance', '--seed', 'x']],
  [['conformance', '--time-limit', '0']],
  [['conformance', '--only', '[a']],
  [['conformance', '--only', 'no-such-name']],
  [['conformance', '--rfc', 'x']],
  [['conformance', '--host', '127.0.0.1']],
  [['conformance', 'imap', '--host', '127.0.0.1']],
])('posthorn %j is wrong usage', async (args) => {
  const ran = await inProcess(args)
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).not.toMatch(/\n\s+at /)
  expect(ran.stderr).not.toBe('')
})

test('help and version are no mistakes', async () => {
  const [help, one, released, option] = await Promise.all(
    [['--help'], ['help', 'user'], ['version'], ['--version']].map((args) => inProcess(args)),
  )
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Usage: posthorn') })
  expect(one).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('password [options] <address>') })
  expect(released).toEqual({ code: 0, stderr: '', stdout: `${version}\n` })
  expect(option).toEqual({ code: 0, stderr: '', stdout: `${version}\n` })
})
