/** Quotas by command: at a server that runs, and without one. */
import { expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { inProcess, posthorn, type Ran } from '../../test/program.js'

const { serve, site } = cliSites()
const ADDRESS = 'ann@example.org'

const commands = (file: string) => {
  const ran = (args: string, input?: string): Promise<Ran> => {
    const words = [...args.split(' '), '--config', file]
    return input === undefined ? inProcess(words) : posthorn(words, { input })
  }
  const ok = async (args: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await ran(args, input)
    expect({ code, stderr }, args).toEqual({ code: 0, stderr: '' })
    return stdout
  }
  return { ran, ok }
}

test('a quota is shown, set and counted anew, whether a server runs or not', async () => {
  const file = await site('[quota]\ndefault = "10MiB"\nmessages = 500\n')
  const { ran, ok } = commands(file)
  await ok('domain add example.org')
  await ok(`user add ${ADDRESS} --password-stdin`, 'SecurePass123\n')
  expect(await ok(`quota show ${ADDRESS}`)).toBe(
    [
      `address   ${ADDRESS}`,
      'used      0 B of 10.0 MiB (as configured)',
      'messages  0 of 500 (as configured)',
      'level     ok (0 %)',
      '',
    ].join('\n'),
  )
  expect(JSON.parse(await ok(`quota set ${ADDRESS} --size 5GiB --messages unlimited --json`))).toEqual({
    address: ADDRESS,
    used_bytes: 0,
    messages: 0,
    limit_bytes: 5 * 1024 ** 3,
    limit_messages: 0,
    own_limit_bytes: 5 * 1024 ** 3,
    own_limit_messages: 0,
    percentage: 0,
    level: 'ok',
  })
  expect(await ok(`quota recalculate ${ADDRESS}`)).toContain('5.0 GiB')
  expect(JSON.parse(await ok('quota list --level 80 --json'))).toEqual([])

  const server = serve(['--config', file])
  await server.logged('IMAP server started')
  expect(await ok(`quota set ${ADDRESS} --size default --messages 3`)).toContain('of 10.0 MiB (as configured)')
  expect(JSON.parse(await ok('quota recalculate --all --json'))).toMatchObject([{ own_limit_messages: 3 }])
  expect(await ok('quota list')).toMatch(/^ADDRESS .*\nann@example\.org +0 B +10\.0 MiB +0 +3 +0 +ok\n$/)
  expect(await ran('quota show bob@example.org')).toMatchObject({
    code: 1,
    stderr: 'posthorn: there is no user bob@example.org\n',
  })
})

test('what makes no sense is said in one line', async () => {
  const { ran } = commands(await site())
  for (const wrong of [
    `quota set ${ADDRESS}`,
    `quota set ${ADDRESS} --size many`,
    `quota set ${ADDRESS} --messages -1`,
    'quota recalculate',
    `quota recalculate ${ADDRESS} --all`,
    'quota list --level 70',
  ]) {
    const { code, stdout, stderr } = await ran(wrong)
    expect({ code, stdout }, wrong).toEqual({ code: 2, stdout: '' })
    expect(stderr.trimEnd().split('\n'), wrong).toHaveLength(1)
  }
})
