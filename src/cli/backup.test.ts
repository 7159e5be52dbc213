/** Backup and restore by command: at a server that runs, without one, with wrong input, and killed in the middle. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { inProcess, PROGRAM, type Ran } from '../../test/program.js'
import { octets, seal } from '../../test/store/fixtures.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { openSqliteStore } from '../store/sqlite/open.js'

const { serve, site } = cliSites()

/** Puts so many messages of each size into a site that no server has open. */
async function fill(file: string, messages: number, large: number): Promise<void> {
  const dir = join(dirname(file), 'data')
  const store = await openSqliteStore({ dir, clock: systemClock, random: systemRandom })
  try {
    await store.addDomain('example.org')
    const mailboxes = [{ name: 'INBOX', specialUse: null }]
    const user = await store.addUser({ address: 'a@example.org', displayName: '', passwordHash: '', mailboxes })
    const [inbox] = await store.listMailboxes(user.id)
    if (inbox === undefined) throw new Error('no INBOX')
    const flags = { system: 0, keywords: [] }
    for (let i = 0; i < messages; i++) {
      const blob = await seal(store, octets(`m${i}`, i < large ? 1_100_000 : 10_000))
      await store.append(inbox.id, [{ blob, flags, internalDate: 0, internalZone: 0 }])
    }
  } finally {
    await store.close()
  }
}

const posthorn = (...args: string[]): Promise<Ran> => inProcess(['store', ...args])

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await posthorn(...args)
  expect([stderr, code], args.join(' ')).toEqual(['', 0])
  return stdout
}

describe.each(['running', 'stopped'])('with the server %s', (state) => {
  test('a backup is made, made again, and restored', async () => {
    const file = await site()
    await fill(file, 5, 2)
    if (state === 'running') await serve(['--config', file]).logged('IMAP server started')
    const target = join(dirname(file), 'backup')
    const said = await ok('backup', target, '--config', file)
    expect(said).toMatch(/backup has the data of \d{4}-.* UTC\n5 messages of 1 users, database .*\n/)
    expect(said).toContain('files of large messages: 2 copied (2.1 MiB), 0 kept, 0 removed\n')
    expect(said).toContain('not included: the configuration file\n')
    const again = JSON.parse(await ok('backup', target, '--config', file, '--json'))
    expect(again).toMatchObject({ folder: target, messages: 5, files_copied: 0, files_kept: 2, files_removed: 0 })

    expect(await ok('gc', '--config', file)).toMatch(/^contents without a message: 0 removed \(0 B\)\n/)
    expect(await ok('gc', '--dry-run', '--config', file)).toMatch(
      /notes of old deliveries: 0 would go\nnotes of expunged messages: 0 would go\n$/,
    )
    const nothing = { count: 0, bytes: 0 }
    expect(JSON.parse(await ok('gc', '--json', '--config', file))).toEqual({
      ...{
        contents: nothing,
        contents_in_use: 0,
        files: nothing,
        files_in_doubt: 0,
        spool: nothing,
        deliveries: 0,
        expunged: 0,
      },
    })
    const other = await site()
    expect(await ok('restore', target, '--config', other)).toMatch(/data has the data of .*: 5 messages of 1 users\n/)
    expect(await ok('check', '--config', other)).toBe('all is well\n')
    expect(await posthorn('restore', target, '--config', other)).toMatchObject({
      ...{ code: 1, stdout: '', stderr: expect.stringMatching(/^posthorn: .*data is not empty: remove it.*\n$/) },
    })
    const third = join(dirname(other), 'third')
    const told = JSON.parse(await ok('restore', target, '--data', third, '--keep-uid-validity', '--json'))
    expect(told).toMatchObject({ folder: third, messages: 5, users: 1, problems: [] })
  })
})

test('wrong input is refused in one line', async () => {
  const file = await site()
  await fill(file, 1, 1)
  const folder = dirname(file)
  for (const args of [
    ['backup', '--config', file],
    ['restore', '--config', file],
    ['restore', 'x', '--config', file, '--data', folder],
    ['backup', 'x', 'y', '--config', file],
    ['gc', 'x', '--config', file],
  ])
    expect(await posthorn(...args), args.join(' ')).toMatchObject({ code: 2, stdout: '' })
  const no = async (line: RegExp, ...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await posthorn(...args, '--config', file)
    expect([code, stdout, stderr.split('\n').length]).toEqual([1, '', 2])
    expect(stderr).toMatch(line)
  }
  await no(/is in the data folder/, 'backup', join(folder, 'data', 'x'))
  await no(/is not empty and has no backup in it/, 'backup', folder)
  await no(/is not a folder/, 'backup', file)
  await no(/has no finished backup in it/, 'restore', join(folder, 'nothing'))
  await no(/cannot make the folder: ENOTDIR/, 'backup', join(file, 'backup'))
  await no(/cannot make the folder: ENOENT/, 'backup', '/proc/nothing')

  const target = join(folder, 'backup')
  await ok('backup', target, '--config', file)
  const blob = readdirSync(target, { recursive: true, encoding: 'utf8' }).find((name) => /[0-9a-f]{64}$/.test(name))
  appendFileSync(join(target, blob ?? ''), 'x')
  const data = join(folder, 'elsewhere')
  const damaged = await posthorn('restore', target, '--data', data)
  expect(damaged).toEqual({
    code: 1,
    stdout: '',
    stderr: `posthorn: the backup is damaged: ${join(target, blob ?? '')} is not what was backed up\n`,
  })
})

/** Each is a restore with a check as well. */
const ROUNDS = 4

test('killed at any time, the backup before it is as it was, and the next one succeeds', async () => {
  const file = await site()
  await fill(file, 100, 20)
  const target = join(dirname(file), 'backup')
  const begun = systemClock.now()
  await ok('backup', target, '--config', file)
  const whole = systemClock.now() - begun
  for (let round = 1; round <= ROUNDS; round++) {
    const child = spawn(process.execPath, [PROGRAM, 'store', 'backup', target, '--config', file], { stdio: 'ignore' })
    const exited = once(child, 'exit')
    // From the start of the program until after the end of its work.
    await pause(300 + (round / ROUNDS) * 1.5 * whole)
    child.kill('SIGKILL')
    await exited
    const data = join(dirname(file), `restored-${round}`)
    const told = JSON.parse(await ok('restore', target, '--data', data, '--json'))
    expect(told).toMatchObject({ messages: 100, problems: [] })
  }
  expect(JSON.parse(await ok('backup', target, '--config', file, '--json'))).toMatchObject({ files_kept: 20 })
  expect(readdirSync(target).filter((name) => name.startsWith('data-'))).toHaveLength(1)
  expect(existsSync(join(target, 'manifest.json.new'))).toBe(false)
}, 240_000)
