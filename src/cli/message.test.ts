/** posthorn message, on a server that runs and on data that none has open. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cliSites } from '../../test/cli-sites.js'
import { posthorn, Served } from '../../test/program.js'
import { NONE, newInbox, seal } from '../../test/store/fixtures.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { openSqliteStore } from '../store/sqlite/open.js'

const { site } = cliSites()
const OCTETS = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 256))
const MESSAGE = [
  'Content-Type: image/png',
  "Content-Disposition: attachment; filename*=utf-8''..%2fb%c3%a4r.png",
  'Content-Transfer-Encoding: base64',
  '',
  OCTETS.toString('base64').replace(/.{76}/g, '$&\r\n'),
].join('\r\n')
const ANN = ['ann@example.test', 'inbox']

let file: string

beforeAll(async () => {
  file = await site()
  const store = await openSqliteStore({ dir: join(dirname(file), 'data'), clock: systemClock, random: systemRandom })
  const { inbox } = await newInbox(store)
  const blob = await seal(store, Buffer.from(MESSAGE))
  await store.append(inbox, [{ blob, flags: NONE, internalDate: 0, internalZone: 0 }])
  await store.close()
})

const run = (...args: string[]) => posthorn(['message', ...args, '--config', file])

describe.each(['stopped', 'running'])('on a server that is %s', (state) => {
  let server: Served | null = null
  beforeAll(async () => {
    if (state === 'running') server = new Served(['--config', file])
    await server?.logged('IMAP server started')
  })
  afterAll(() => server?.kill())

  test('attachments are listed', async () => {
    const listed = await run('attachments', ...ANN, '1')
    expect(listed.stdout).toBe('PART  SIZE       TYPE       NAME\n1     195.3 KiB  image/png  bär.png\n')
    const { stdout } = await run('attachments', ...ANN, '1', '--json')
    expect(JSON.parse(stdout)).toMatchObject([{ part: '1', name: 'bär.png', size: 200_000, content_id: null }])
  })

  test('one is written to a file, which is not overwritten', async () => {
    const path = join(dirname(file), `${state}.png`)
    const saved = await run('attachment', ...ANN, '1', '1', '-o', path)
    expect(saved).toEqual({ code: 0, stderr: '', stdout: `attachment 1 written to ${path}\n` })
    expect(readFileSync(path).equals(OCTETS)).toBe(true)
    const again = await run('attachment', ...ANN, '1', '1', '-o', path)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(`cannot write the attachment to ${path}`)])
  })

  test.each([
    [['attachments', ...ANN, '9'], 1, 'posthorn: there is no such message\n'],
    [['attachments', 'ann@example.test', 'Nope', '1'], 1, 'posthorn: ann@example.test has no mailbox Nope\n'],
    [['attachments', 'bob@example.test', 'INBOX', '1'], 1, 'posthorn: there is no user bob@example.test\n'],
    [['attachment', ...ANN, '1', '7', '-o', 'never'], 1, 'posthorn: message 1 has no attachment 7\n'],
    [['attachments', ...ANN, '0'], 2, expect.stringContaining('must be a number from 1 on')],
    [['attachment', ...ANN, '1', '1'], 2, expect.stringContaining('--output')],
  ])('%j', async (args, code, stderr) => {
    expect(await run(...args)).toEqual({ code, stdout: '', stderr })
    expect(existsSync('never')).toBe(false)
  })
})
