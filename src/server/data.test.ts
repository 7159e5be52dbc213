import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordingLog } from '../../test/log-recorder.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/ids.js'
import { openData } from './data.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'posthorn-data-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const open = (folder: string) =>
  openData({
    ...{ dir: folder, clock: systemClock, random: systemRandom, log: recordingLog(), limits: {} },
    ...{ indexes: true, background: false, onFault: () => {} },
  })

test.each([
  ['a file', () => writeFileSync(join(dir, 'data'), ''), 'a file is where a folder has to be'],
  ['no database', () => garble('posthorn.db'), /posthorn\.db is no database any more: "posthorn store restore" makes/],
  [
    'a folder of nobody',
    () => mkdirSync(join(dir, 'data', 'lock.db'), { recursive: true }),
    'its files cannot be opened',
  ],
])('a folder that is %s is refused in one line that says so', async (_, make, words) => {
  make()
  const failed = open(join(dir, 'data'))
  await expect(failed).rejects.toThrow(words)
  await expect(failed).rejects.toThrow(`cannot open the data folder ${join(dir, 'data')}: `)
})

function garble(name: string): void {
  mkdirSync(join(dir, 'data'))
  writeFileSync(join(dir, 'data', name), 'no database at all '.repeat(1000))
}
