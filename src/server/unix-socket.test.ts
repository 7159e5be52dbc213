import { spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LineClient } from '../../test/line-client.js'
import { recordingLog } from '../../test/log-recorder.js'
import { configOf, ends, folder, started } from '../../test/started-server.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { startServer } from './main.js'

/** What a killed program leaves: a socket that nobody listens on. */
async function abandonedSocket(path: string): Promise<void> {
  const end = 'process.kill(process.pid, "SIGKILL")'
  spawnSync(process.execPath, ['-e', `require('net').createServer().listen('${path}', () => ${end})`])
  expect((await stat(path)).isSocket()).toBe(true)
}

test('an LMTP socket has its permissions, a stale one is replaced, and it goes with the server', async () => {
  const dir = await folder()
  const path = join(dir, 'lmtp.sock')
  await abandonedSocket(path)
  const more = `[[listener]]\nservice = "lmtp"\npath = "${path}"\nmode = "0666"\n`
  const { server, said } = await started({ dir, services: ['smtp'], more })
  expect((await stat(path)).mode & 0o777).toBe(0o666)
  expect(said('Unix socket opened')).toEqual([{ service: 'lmtp', path }])
  expect(server.listeners.at(-1)).toMatchObject({ service: 'lmtp', address: path, port: 0 })
  const one = LineClient.connectPath(path)
  ends.push(() => one.close())
  expect(await one.line()).toMatch(/^220 mail\.posthorn\.test /)
  await server.stop()
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

test('a socket path that cannot be used is said in one line', async () => {
  const { dir } = await started({ services: ['smtp'] })
  const other = await folder()
  const start = (path: string) =>
    startServer({
      config: configOf(other, { services: ['smtp'], more: `[[listener]]\nservice = "lmtp"\npath = "${path}"\n` }),
      clock: systemClock,
      random: systemRandom,
      log: recordingLog(),
    })
  const used = join(dir, 'data', 'control.sock')
  await expect(start(used)).rejects.toThrow(`cannot listen on ${used}: another program listens there`)
  await expect(start(other)).rejects.toThrow(`cannot listen on ${other}: there is something else, which is no socket`)
  const long = join(other, 'x'.repeat(100))
  await expect(start(long)).rejects.toThrow(
    `cannot listen on ${long}: it has ${Buffer.byteLength(long)} octets, and a socket address has room for 103`,
  )
  await expect(start(join(other, 'none', 's'))).rejects.toThrow('s for lmtp: ')
})
