/**
 * Many clients stop in the middle of a command while as many others send mail: no message is lost, and who
 * hangs is told so when its time has come. The clock is ours; `npm run bench -- --hanging 100` has the real one.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hang } from '../../bench/hang.js'
import { smtpLoad } from '../../bench/smtp-load.js'
import { showUser } from '../../src/admin/users.js'
import { FakeClock, systemClock } from '../../src/core/clock.js'
import { type Config, parseConfig } from '../../src/core/config.js'
import { systemRandom } from '../../src/core/ids.js'
import { smtpLimits } from '../../src/core/limits.js'
import { openDirect, startServer } from '../../src/server/main.js'
import { recordingLog } from '../log-recorder.js'

const CONFIG = `hostname = "mail.posthorn.test"
data_dir = "data"
[[listener]]
service = "smtp"
address = "127.0.0.1"
port = 0
max_connections = 200
[queue]
deliver = "none"
`
const recipient = 'alice@posthorn.test'
const host = '127.0.0.1'

let dir: string
let config: Config
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'posthorn-hanging-'))
  config = parseConfig(CONFIG, 'test', {}, dir)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test('100 connections send 1,000 messages beside 100 that hang', async () => {
  const clock = new FakeClock(systemClock.now())
  const server = await startServer({ config, clock, random: systemRandom, log: recordingLog() })
  await server.accounts.addDomain('posthorn.test')
  await server.accounts.addUser(recipient, 'SecurePass123')
  const port = server.listeners[0]?.port ?? 0

  const { ended } = await hang({ host, port, recipient, clients: 100 })
  const load = { host, port, recipient, connections: 100, messages: 1000, size: 2000, pipelining: false }
  expect(await smtpLoad(load)).toMatchObject({ messages: 1000, refused: 0 })

  // Those in a command line end first, those in a message when nothing of it has come for longer.
  await clock.advance(smtpLimits.commandTimeout)
  while (server.sessions > 50) await new Promise(setImmediate)
  await clock.advance(smtpLimits.dataTimeout)
  expect(await ended).toMatchObject({ timedOut: 100, otherwise: 0 })

  await server.stop()
  const direct = await openDirect({ config, clock: systemClock, random: systemRandom, log: recordingLog() })
  expect(await direct.call(showUser, { address: recipient })).toMatchObject({ messages: 1000 })
  await direct.close()
})
